// An HTTP proxy as companies have one: CONNECT alone, and only for who knows the password.
import { connect, createServer } from "node:net";

/**
 * @param {string} login `user:password`
 * @returns {Promise<{url: string, port: number, tunnels: string[], refused: number, stop: () => Promise<void>}>} `tunnels`: where they led
 */
export async function startHttpProxy(login) {
  const wanted = `basic ${Buffer.from(login).toString("base64")}`.toLowerCase();
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const keep = (/** @type {import('node:net').Socket} */ socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    let head = "";
    const read = (/** @type {Buffer} */ chunk) => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      client.off("data", read);
      const [, host = "", port = ""] = /^CONNECT ([^: ]+):(\d+) /.exec(head) ?? [];
      const [, said = ""] = /^proxy-authorization: *(.+?)\r$/im.exec(head) ?? [];
      if (said.toLowerCase() !== wanted || host === "") {
        proxy.refused++;
        client.end("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n");
        return;
      }
      proxy.tunnels.push(`${host}:${port}`);
      const upstream = connect(Number(port), host, () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.pipe(upstream).pipe(client);
      });
      keep(upstream);
      upstream.once("close", () => client.destroy());
      client.once("close", () => upstream.destroy());
    };
    client.on("data", read);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const proxy = {
    url: `http://${login}@127.0.0.1:${port}`,
    port,
    /** @type {string[]} */
    tunnels: [],
    refused: 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
