// Certificates for a test: an authority of its own, and whom it vouches for. Made by openssl, valid for a day.
import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** @param {...string} args */
const openssl = (...args) => execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });

/**
 * @param {string} folder is made @param {string} host
 * @returns {Promise<{authority: string, trusted: import('./fake-api.mjs').Tls, selfSigned: import('./fake-api.mjs').Tls}>} `authority`: a file
 */
export async function makeCertificates(folder, host) {
  await mkdir(folder);
  const at = (/** @type {string} */ name) => path.join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const names = `subjectAltName=DNS:${host}`;
  openssl("req", "-x509", "-days", "1", ...key, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-subj", "/CN=Test CA");
  openssl("req", ...key, "-keyout", at("host.key"), "-out", at("host.csr"), "-subj", `/CN=${host}`);
  await writeFile(at("host.ext"), `${names}\n`);
  const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-extfile", at("host.ext")];
  openssl("x509", "-req", "-days", "1", "-in", at("host.csr"), ...signed, "-out", at("host.pem"));
  const self = ["-keyout", at("self.key"), "-out", at("self.pem"), "-subj", `/CN=${host}`, "-addext", names];
  openssl("req", "-x509", "-days", "1", ...key, ...self);
  const pair = async (/** @type {string} */ name) => ({
    key: await readFile(at(`${name}.key`), "utf8"),
    cert: await readFile(at(`${name}.pem`), "utf8"),
  });
  return { authority: at("ca.pem"), trusted: await pair("host"), selfSigned: await pair("self") };
}
