// Where the daemon listens. The same rule stands in the Rust half; the environment is an argument.
import { posix } from "node:path";

/** What the rule looks at. */
export interface EndpointFacts {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `os.tmpdir()`. */
  readonly temporary: string;
  /** Numeric user id; none on Windows. */
  readonly uid: number | undefined;
  /** `os.userInfo().username`. */
  readonly username: string;
}

/** A Unix socket with the folder that must be ours alone, or a named pipe. */
export interface Endpoint {
  /** What `net.connect` takes. */
  readonly path: string;
  /** Folder of the socket, to be checked before connecting; none for a pipe. */
  readonly folder: string | undefined;
}

/** Works out the endpoint. */
export function daemonEndpoint(facts: EndpointFacts): Endpoint {
  if (facts.platform === "win32") {
    const path = facts.env["LIFELINE_PIPE"] || `\\\\.\\pipe\\lifeline-${facts.username}`;
    return { path, folder: undefined };
  }
  const folder = runtimeFolder(facts);
  return { path: posix.join(folder, "lifeline.sock"), folder };
}

function runtimeFolder(facts: EndpointFacts): string {
  const own = facts.env["LIFELINE_RUNTIME_DIR"];
  if (own) return own;
  const xdg = facts.env["XDG_RUNTIME_DIR"];
  // The XDG specification: a relative path is invalid and must be ignored.
  if (xdg?.startsWith("/")) return posix.join(xdg, "lifeline");
  return posix.join(facts.temporary, `lifeline-${facts.uid ?? facts.username}`);
}

/** What `lstat` says of the socket's folder. */
export interface FolderFacts {
  readonly isDirectory: boolean;
  readonly uid: number;
  /** Permission bits. */
  readonly mode: number;
}

/**
 * Why a socket in this folder must not be trusted, or undefined. In a shared temp folder another user could have made ours first.
 */
export function distrust(folder: string, facts: FolderFacts, uid: number): string | undefined {
  if (!facts.isDirectory) return `${folder} is not a folder`;
  if (facts.uid !== uid) return `${folder} belongs to another user`;
  if ((facts.mode & 0o022) !== 0) return `${folder} can be written by other users`;
  return undefined;
}
