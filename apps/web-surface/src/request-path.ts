/**
 * The file path below the root that a URL path names, or undefined where it names none: undecodable, or with a piece that starts
 * with a dot (hidden files, `..`) or carries a separator or NUL in disguise.
 */
export function decodeFilePath(path: string): string | undefined {
  try {
    const pieces = path.slice(1).split("/").map(decodeURIComponent);
    return pieces.some((piece) => piece.startsWith(".") || /[/\\\0]/.test(piece)) ? undefined : pieces.join("/");
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
