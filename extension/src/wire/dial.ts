// Opening the socket: is the folder ours, does anybody listen.
import { lstat } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { distrust, type Endpoint } from "../pure/endpoint";

/** What came of it. */
export type Dialled =
  | { readonly kind: "open"; readonly socket: Socket }
  /** Nobody listens: the daemon has to be started. */
  | { readonly kind: "absent" }
  /** Somebody may listen, but not for us, or not now. */
  | { readonly kind: "unreachable"; readonly reason: string };

/** Connects. `abort` may end the attempt early; it then counts as unreachable. */
export async function dial(endpoint: Endpoint, abort: AbortSignal): Promise<Dialled> {
  const doubt = await folderDoubt(endpoint.folder);
  if (doubt !== undefined) return { kind: "unreachable", reason: doubt };
  return new Promise((resolve) => {
    const socket = connect(endpoint.path);
    const give = (result: Dialled): void => {
      socket.removeAllListeners();
      // Without a listener an error would end the process; what is to be known of it comes with `close`.
      socket.on("error", () => undefined);
      abort.removeEventListener("abort", aborted);
      if (result.kind !== "open") socket.destroy();
      resolve(result);
    };
    const aborted = (): void => give({ kind: "unreachable", reason: "no connection in time" });
    abort.addEventListener("abort", aborted);
    socket.once("connect", () => give({ kind: "open", socket }));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const absent = error.code === "ENOENT" || error.code === "ECONNREFUSED";
      give(absent ? { kind: "absent" } : { kind: "unreachable", reason: error.message });
    });
  });
}

async function folderDoubt(folder: string | undefined): Promise<string | undefined> {
  const uid = process.getuid?.();
  if (folder === undefined || uid === undefined) return undefined;
  try {
    const facts = await lstat(folder);
    return distrust(folder, { isDirectory: facts.isDirectory(), uid: facts.uid, mode: facts.mode & 0o777 }, uid);
  } catch {
    // No folder, no daemon: the connection attempt will say so.
    return undefined;
  }
}
