export { renderCaddy } from "./render-caddy.ts";
