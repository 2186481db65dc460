/** A bundler's content hash: at least eight characters before the extension that are not just a lower-case word. */
const HASHED_ASSET = /^assets\/.*[-.](?=[\w-]*[A-Z0-9_])[\w-]{8,}\.\w+$/;

/** Whether a file of a build, by its path below the build's root, is named after its content and so never changes. */
export const isHashedAsset = (path: string): boolean => HASHED_ASSET.test(path);
