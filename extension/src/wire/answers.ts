// Telling what the daemon answered from a connection that ended before it could. Apart from `peer.ts`, which is loaded late.

/** JSON-RPC's and LSP's code for requests that were pending when the connection went away: `ErrorCodes.PendingResponseRejected`. */
const PENDING_RESPONSE_REJECTED = -32097;
/** `ConnectionErrors.Closed`, `.Disposed` and `.AlreadyListening` of vscode-jsonrpc; no JSON-RPC error has such a code. */
const CONNECTION_ERRORS = new Set([1, 2, 3]);

/** An error that the daemon answered. */
export interface Answer extends Error {
  readonly code: number;
  readonly data?: unknown;
}

/** True when the daemon itself answered with this error. */
export function isAnswer(error: unknown): error is Answer {
  const code = error instanceof Error ? (error as Partial<Answer>).code : undefined;
  return typeof code === "number" && code !== PENDING_RESPONSE_REJECTED && !CONNECTION_ERRORS.has(code);
}
