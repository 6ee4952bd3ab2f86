// nginx and HAProxy with one worker each, before an API on the loopback: passing TCP on, or HTTP to TLS, as the relay does both.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { findProgram } from "../../../scripts/lib/system.mjs";
import { elapse } from "./lifeline.mjs";

const run = promisify(execFile);

/** Connections to the API that are kept, and clients that may be there. */
const CONNECTIONS = 256;

/**
 * @typedef {object} Place
 * @property {string} root a folder for its own files
 * @property {string} unpacked where its package was
 * @property {string} host the API's, by its certificate
 * @property {number} apiPort
 * @property {number} port of its own
 * @property {string} authority a file: who vouches for the API
 */
/** @typedef {"tcp" | "http"} Layer */

/** Both kinds at their best, as their manuals have it for a stream: nothing buffered, connections kept, no log. */
const KINDS = {
  nginx: {
    /** @param {Layer} layer @param {Place} place */
    config: (layer, { root, unpacked, host, apiPort, port, authority }) => `
      ${layer === "tcp" ? `load_module ${streamModule(unpacked)};` : ""}
      daemon off; user root; worker_processes 1; pid ${root}/pid; error_log stderr warn;
      events { worker_connections ${4 * CONNECTIONS}; }
      ${
        layer === "tcp"
          ? `stream { server { listen 127.0.0.1:${port}; proxy_pass 127.0.0.1:${apiPort}; tcp_nodelay on; } }`
          : `http {
        access_log off;
        ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${root}/${kind};`).join(" ")}
        upstream api { server 127.0.0.1:${apiPort}; keepalive ${CONNECTIONS}; keepalive_requests 1000000; }
        server {
          listen 127.0.0.1:${port};
          keepalive_requests 1000000; client_max_body_size 0; tcp_nodelay on;
          location / {
            proxy_pass https://api;
            proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host ${host};
            proxy_buffering off; proxy_request_buffering off;
            proxy_ssl_protocols TLSv1.3; proxy_ssl_server_name on; proxy_ssl_name ${host};
            proxy_ssl_verify on; proxy_ssl_trusted_certificate ${authority};
          }
        }
      }`
      }`,
    /** @param {string} file @param {string} root */
    args: (file, root) => ["-p", root, "-e", "stderr", "-c", file],
  },
  haproxy: {
    /** @param {Layer} layer @param {Place} place */
    config: (layer, { host, apiPort, port, authority }) => `
global
  nbthread 1
  maxconn ${CONNECTIONS}
defaults
  mode ${layer}
  timeout connect 10s
  timeout client 60s
  timeout server 60s
${layer === "http" ? "  option http-no-delay\n  http-reuse always\n" : ""}
listen api
  bind 127.0.0.1:${port}
  ${layer === "http" ? `http-request set-header Host ${host}` : ""}
  server api 127.0.0.1:${apiPort} ${layer === "http" ? `ssl verify required ca-file ${authority} sni str(${host}) verifyhost ${host}` : ""}
`,
    /** @param {string} file */
    args: (file) => ["-db", "-f", file],
  },
};

/** Debian's place for it. @param {string} unpacked */
function streamModule(unpacked) {
  const file = "usr/lib/nginx/modules/ngx_stream_module.so";
  return [path.join(unpacked, file), `/${file}`].find((name) => existsSync(name)) ?? `/${file}`;
}

/**
 * Starts one, and waits until it listens.
 * @param {keyof KINDS} kind @param {Layer} layer @param {Place} place
 */
export async function startProxy(kind, layer, place) {
  await mkdir(place.root);
  const { program, env } = await found(kind, place.unpacked);
  const file = path.join(place.root, "config");
  await writeFile(file, KINDS[kind].config(layer, place));
  const child = spawn(program, KINDS[kind].args(file, place.root), { env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  for (let tries = 0; !(await listens(place.port)); tries++) {
    if (child.exitCode !== null || tries > 100) throw new Error(`${kind} does not serve: ${said}`);
    await elapse(50);
  }
  return {
    /** nginx has a master, which does nothing. @returns {Promise<number[]>} */
    pids: async () => {
      const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
      return [Number(child.pid), ...children.trim().split(" ").filter(Boolean).map(Number)];
    },
    stop: async () => {
      const gone = once(child, "exit");
      child.kill();
      await gone;
    },
  };
}

/** What it says of its version. @param {keyof KINDS} kind @param {string} unpacked */
export async function versionOf(kind, unpacked) {
  const { program, env } = await found(kind, unpacked);
  const { stdout, stderr } = await run(program, ["-v"], { env });
  return /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? "of an unknown version";
}

/** @param {keyof KINDS} kind @param {string} unpacked */
async function found(kind, unpacked) {
  const program = findProgram(path.join(unpacked, "usr", "sbin", kind), kind);
  if (!program) throw new Error(`There is no ${kind}: remove ${unpacked}, and run this again.`);
  const below = path.join(unpacked, "usr", "lib");
  const folders = await readdir(below).catch(() => []);
  const libraries = folders.filter((name) => name.endsWith("-linux-gnu")).map((name) => path.join(below, name));
  return { program, env: { ...process.env, LD_LIBRARY_PATH: libraries.join(":") } };
}

/** @param {number} port @returns {Promise<boolean>} */
function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => resolve(false));
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
