// May a debugger pause this host? A paused host looks frozen and must not be restarted.

/** `--inspect-port` alone opens nothing (VS Code's desktop passes it always), so it does not count. */
const INSPECTED = /^--inspect(-brk|-wait)?(=|$)/;

/** From `process.execArgv` and whether the extension runs as installed (`extensionMode` is Production). */
export function mayBeDebugged(execArgv: readonly string[], production: boolean): boolean {
  return !production || execArgv.some((argument) => INSPECTED.test(argument));
}
