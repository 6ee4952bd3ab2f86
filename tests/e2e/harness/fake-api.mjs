// A Messages API on the loopback, as Claude Code speaks it: streamed and plain answers, tool use, and everything that can go wrong on the way.
import { createServer } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import { setTimeout as pass } from "node:timers/promises";

/** Never kept, so that no key can end up in a log. */
const SECRET_HEADERS = /^(authorization|x-api-key|cookie|proxy-authorization)$/i;

/** `type` of the body, by HTTP status (the API's documentation, "Errors"). @type {Record<number, string>} */
const ERROR_TYPES = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
};

/**
 * How a request is answered. Nothing said: at once, with the text "Done.".
 * @typedef {object} Answer
 * @property {string} [text]
 * @property {{name: string, input?: object}[]} [tools] tools to be used, after the text
 * @property {number} [delayMs] silence before the head of the answer
 * @property {number} [overMs] the text comes in pieces (words), evenly spread over this time
 * @property {Promise<unknown>} [until] the answer ends only when this is settled; `ping` events meanwhile
 * @property {number} [pingMs] how often; default 1000
 * @property {number} [status] an HTTP error instead
 * @property {Record<string, string>} [headers] more headers, such as `retry-after`
 * @property {string} [errorType] an SSE `error` event of this type after the first piece of text, as the API does when it is overloaded in mid-answer
 * @property {{how: 'stall' | 'reset' | 'close', after: 'request' | 'head' | 'text'}} [cut] `stall`: nothing more, for ever; `reset`: TCP RST; `close`: an end
 *   that comes too early. `after`: the request was read, the head is written, the first piece of text is written
 */

/**
 * What was asked.
 * @typedef {object} ApiRequest
 * @property {number} at ms since 1970 @property {string} method @property {string} path without its query
 * @property {Record<string, string>} headers without secrets
 * @property {any} body parsed JSON, or null
 * @property {boolean} isTurn a request of a conversation, with tools; not a title, a summary or a look at the quota
 * @property {string} said the newest user message's own text (without `<system-reminder>`s), or ""
 * @property {{id: string, text: string, isError: boolean}[]} toolResults in the newest message
 * @property {string | null} sessionId
 * @property {number | null} status answered with
 * @property {'open' | 'answered' | 'cut' | 'abandoned'} outcome `abandoned`: the client went away
 * @property {Promise<void>} ended settled when the outcome is known
 */

/** @typedef {(request: ApiRequest) => boolean} Match */

/** What the server shows of itself, in PEM. @typedef {{key: string, cert: string}} Tls */

/**
 * @param {{answer?: Answer, log?: (line: string) => void, tls?: Tls, port?: number | import('node:net').Server}} [options] `answer`: for whatever no rule
 *   matches; `port`: as for `listen`
 * @returns {Promise<FakeApi>}
 */
export async function startFakeApi({ answer = {}, log = () => {}, tls, port } = {}) {
  const api = new FakeApi(answer, log, tls);
  await api.listen(port);
  return api;
}

export class FakeApi {
  /** In the order they came. @type {ApiRequest[]} */
  requests = [];
  /** @type {{match: Match, answer: Answer, left: number}[]} */
  #rules = [];
  /** @type {Set<{match: Match, resolve: (request: ApiRequest) => void}>} */
  #waiting = new Set();
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  #count = 0;
  /** Whether connections are reset as soon as they are made. */
  resetsConnections = false;

  /** @param {Answer} answer @param {(line: string) => void} log @param {Tls} [tls] */
  constructor(answer, log, tls) {
    this.answer = answer;
    this.log = log;
    /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
    const serve = (request, response) => {
      void this.#serve(request, response).catch((error) => response.destroy(error));
    };
    this.server = tls ? createTlsServer(tls, serve) : createServer(serve);
    this.server.on("connection", (socket) => {
      if (this.resetsConnections) {
        socket.resetAndDestroy();
        return;
      }
      this.#sockets.add(socket);
      socket.on("error", () => {}).once("close", () => this.#sockets.delete(socket));
    });
    this.url = "";
  }

  /** @param {number | import("node:net").Server} [where] a port of the loopback, or a socket that listens already */
  async listen(where = 0) {
    await new Promise((resolve, reject) => {
      const listening = () => resolve(undefined);
      this.server.once("error", reject);
      if (typeof where === "number") this.server.listen(where, "127.0.0.1", listening);
      else this.server.listen(where, listening);
    });
    const address = /** @type {import('node:net').AddressInfo} */ (this.server.address());
    this.url = `${this.server instanceof TlsServer ? "https" : "http"}://127.0.0.1:${address.port}`;
  }

  /**
   * From now on, answers such requests so; of several rules that match, the newest wins.
   * @param {Match | string | RegExp} match a text: turns whose newest user message has it
   * @param {Answer} answer @param {{times?: number}} [options]
   */
  on(match, answer, { times = Number.POSITIVE_INFINITY } = {}) {
    this.#rules.unshift({ match: matcher(match), answer, left: times });
  }

  /** Waits for the next such request. @param {Match | string | RegExp} match @param {{what?: string, atMostMs?: number}} [options] @returns {Promise<ApiRequest>} */
  next(match, { what = String(match), atMostMs = 30_000 } = {}) {
    return new Promise((resolve, reject) => {
      const waiting = { match: matcher(match), resolve: finish };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        const seen = this.requests.map(({ method, path, said }) => `  ${method} ${path} ${said.slice(0, 60)}`);
        reject(
          new Error(`no request (${what}) at the API within ${atMostMs / 1000} s; there were:\n${seen.join("\n")}`),
        );
      }, atMostMs);
      this.#waiting.add(waiting);
      /** @param {ApiRequest} request */
      function finish(request) {
        clearTimeout(timer);
        resolve(request);
      }
    });
  }

  /** The turns of conversations so far. */
  turns() {
    return this.requests.filter((request) => request.isTurn);
  }

  /** Ends every connection at once; new ones may be made. */
  hangUp() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends every connection at once, and listens no more. */
  async stop() {
    this.hangUp();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** @param {import('node:http').IncomingMessage} incoming @param {import('node:http').ServerResponse} response */
  async #serve(incoming, response) {
    const body = await read(incoming);
    const request = describe(incoming, body);
    let ended = () => {};
    request.ended = new Promise((resolve) => {
      ended = resolve;
    });
    response.once("close", () => {
      if (request.outcome === "open") request.outcome = response.writableFinished ? "answered" : "abandoned";
      this.log(`${request.method} ${request.path} ${request.status ?? "-"} ${request.outcome}`);
      ended();
    });
    this.requests.push(request);
    for (const waiting of this.#waiting) {
      if (!waiting.match(request)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(request);
    }
    const rule = this.#rules.find(({ match, left }) => left > 0 && match(request));
    if (rule) rule.left--;
    const id = String(++this.#count).padStart(8, "0");
    if (request.path === "/v1/messages" || rule) {
      await new Exchange(request, response, rule?.answer ?? this.answer, id).answer();
    } else harmless(request, response, id);
  }
}

/** One request on its way to an end. */
class Exchange {
  /** @param {ApiRequest} request @param {import('node:http').ServerResponse} response @param {Answer} answer @param {string} id */
  constructor(request, response, answer, id) {
    this.request = request;
    this.response = response;
    this.plan = answer;
    this.id = id;
    /** When the client is gone, nothing is waited for any more. */
    this.gone = new AbortController();
    response.once("close", () => this.gone.abort());
  }

  async answer() {
    const { plan, request } = this;
    if (plan.delayMs) await this.#pass(plan.delayMs);
    if (this.#cut("request")) return;
    if (plan.status && plan.status >= 400) {
      const type = ERROR_TYPES[plan.status] ?? "api_error";
      json(this, plan.status, {
        type: "error",
        error: { type, message: `the fake API was told to answer ${plan.status}` },
      });
    } else if (request.body?.stream) await this.#stream();
    else await this.#plain();
  }

  async #plain() {
    const { text = "Done.", overMs = 0, until } = this.plan;
    await this.#pass(overMs);
    await this.#settled(until);
    if (this.#cut("head") || this.#cut("text")) return;
    json(this, 200, {
      ...this.#message(),
      content: [{ type: "text", text }, ...this.#toolUses()],
      stop_reason: this.plan.tools ? "tool_use" : "end_turn",
      usage: { input_tokens: 10, output_tokens: words(text).length },
    });
  }

  async #stream() {
    const { text = "Done.", tools = [], overMs = 0, until, pingMs = 1000, errorType } = this.plan;
    head(this, 200, "text/event-stream; charset=utf-8");
    this.response.flushHeaders();
    if (this.#cut("head")) return;
    this.#event("message_start", {
      message: { ...this.#message(), content: [], stop_reason: null, usage: { input_tokens: 10, output_tokens: 1 } },
    });
    this.#event("content_block_start", { index: 0, content_block: { type: "text", text: "" } });
    this.#event("ping", {});
    const pieces = words(text);
    for (const [i, piece] of pieces.entries()) {
      if (i > 0 && overMs) await this.#pass(overMs / (pieces.length - 1));
      this.#event("content_block_delta", { index: 0, delta: { type: "text_delta", text: piece } });
      if (i > 0) continue;
      if (this.#cut("text")) return;
      if (errorType) {
        this.#event("error", { error: { type: errorType, message: "the fake API was told to fail" } });
        this.response.end();
        return;
      }
    }
    if (until) {
      const pings = setInterval(() => this.#event("ping", {}), pingMs);
      await this.#settled(until);
      clearInterval(pings);
    }
    this.#event("content_block_stop", { index: 0 });
    for (const [i, block] of this.#toolUses().entries()) {
      const index = i + 1;
      this.#event("content_block_start", { index, content_block: { ...block, input: {} } });
      const delta = { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
      this.#event("content_block_delta", { index, delta });
      this.#event("content_block_stop", { index });
    }
    this.#event("message_delta", {
      delta: { stop_reason: tools.length > 0 ? "tool_use" : "end_turn", stop_sequence: null },
      usage: { output_tokens: pieces.length },
    });
    this.#event("message_stop", {});
    this.response.end();
  }

  /** @param {number} ms */
  async #pass(ms) {
    await pass(ms, undefined, { signal: this.gone.signal }).catch(() => {});
  }

  /** @param {Promise<unknown> | undefined} until */
  async #settled(until) {
    if (this.gone.signal.aborted) return;
    const gone = new Promise((resolve) => this.gone.signal.addEventListener("abort", resolve));
    await Promise.race([until?.catch(() => {}), gone]);
  }

  #message() {
    const model = this.request.body?.model ?? "claude-fake";
    return { id: `msg_${this.id}`, type: "message", role: "assistant", model, stop_sequence: null };
  }

  #toolUses() {
    const { tools = [] } = this.plan;
    return tools.map(({ name, input = {} }, i) => ({ type: "tool_use", id: `toolu_${this.id}_${i}`, name, input }));
  }

  /** @param {string} type @param {object} fields */
  #event(type, fields) {
    if (!this.response.writable) return;
    this.response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  }

  /** Whether the plan ends here. @param {'request' | 'head' | 'text'} after */
  #cut(after) {
    const { cut } = this.plan;
    if (cut?.after !== after) return false;
    if (cut.how === "stall") return true;
    this.request.outcome = "cut";
    // Over TLS the connection itself lies below: resetting the other one ends it in order (measured, Node 22).
    const socket = /** @type {any} */ (this.response.socket);
    if (cut.how === "reset") (socket?._parent ?? socket)?.resetAndDestroy();
    else this.response.socket?.end();
    return true;
  }
}

/** Whatever else a client asks for. @param {ApiRequest} request @param {import('node:http').ServerResponse} response @param {string} id */
function harmless(request, response, id) {
  const exchange = { request, response, plan: {}, id };
  if (request.path === "/v1/messages/count_tokens") json(exchange, 200, { input_tokens: 10 });
  else if (request.path === "/v1/models")
    json(exchange, 200, { data: [], has_more: false, first_id: null, last_id: null });
  else if (request.path === "/" || request.path === "/api/hello") json(exchange, 200, {});
  else json(exchange, 404, { type: "error", error: { type: "not_found_error", message: "not here" } });
}

/** @typedef {{request: ApiRequest, response: import('node:http').ServerResponse, plan: Answer, id: string}} Answering */

/** @param {Answering} answering @param {number} status @param {string} type */
function head({ request, response, plan, id }, status, type) {
  request.status = status;
  response.writeHead(status, { "content-type": type, "request-id": `req_${id}`, ...plan.headers });
}

/** @param {Answering} answering @param {number} status @param {object} content */
function json(answering, status, content) {
  head(answering, status, "application/json");
  answering.response.end(answering.request.method === "HEAD" ? "" : JSON.stringify(content));
}

/** @param {import('node:http').IncomingMessage} incoming */
async function read(incoming) {
  /** @type {Buffer[]} */
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return null;
  }
}

/** @param {import('node:http').IncomingMessage} incoming @param {any} body @returns {ApiRequest} */
function describe(incoming, body) {
  const headers = Object.fromEntries(
    Object.entries(incoming.headers)
      .filter(([name]) => !SECRET_HEADERS.test(name))
      .map(([name, value]) => [name, String(value)]),
  );
  const path = new URL(incoming.url ?? "/", "http://fake").pathname;
  const newest = Array.isArray(body?.messages)
    ? body.messages.findLast((/** @type {any} */ m) => m.role === "user")
    : null;
  const blocks =
    typeof newest?.content === "string" ? [{ type: "text", text: newest.content }] : (newest?.content ?? []);
  return {
    at: Date.now(),
    method: incoming.method ?? "",
    path,
    headers,
    body,
    isTurn: path === "/v1/messages" && Array.isArray(body?.tools) && body.tools.length > 0,
    said: blocks
      .filter((/** @type {any} */ block) => block.type === "text" && !block.text.startsWith("<system-reminder>"))
      .map((/** @type {any} */ block) => block.text)
      .join("\n"),
    toolResults: blocks
      .filter((/** @type {any} */ block) => block.type === "tool_result")
      .map((/** @type {any} */ block) => ({
        id: block.tool_use_id,
        text: typeof block.content === "string" ? block.content : JSON.stringify(block.content),
        isError: block.is_error === true,
      })),
    sessionId: headers["x-claude-code-session-id"] ?? null,
    status: null,
    outcome: "open",
    ended: Promise.resolve(),
  };
}

/** @param {Match | string | RegExp} match @returns {Match} */
function matcher(match) {
  if (typeof match === "function") return match;
  if (typeof match === "string") return (request) => request.isTurn && request.said.includes(match);
  return (request) => request.isTurn && match.test(request.said);
}

/** @param {string} text in pieces whose sum it is */
function words(text) {
  return text.match(/\S+\s*|\s+/g) ?? [""];
}
