// The command that resumes a session, quoted for the shell that will read it.

/** How a shell reads a line. */
export type Dialect = "posix" | "fish" | "powershell" | "cmd";

/** What needs no quotes in any POSIX shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;
const CONTROL = /\p{Cc}/u;

/** By the shell's path, as `vscode.env.shell` gives it; where that is empty, by the platform. */
export function dialectOf(shell: string, platform: NodeJS.Platform): Dialect {
  const name = shell
    .slice(Math.max(shell.lastIndexOf("/"), shell.lastIndexOf("\\")) + 1)
    .toLowerCase()
    .replace(/\.exe$/, "");
  if (/^(pwsh|powershell)/.test(name)) return "powershell";
  if (name === "cmd" || name === "fish") return name;
  return name === "" && platform === "win32" ? "powershell" : "posix";
}

/** One argument; undefined when the shell cannot be given this text. */
export function quote(text: string, dialect: Dialect): string | undefined {
  if (CONTROL.test(text)) return undefined;
  switch (dialect) {
    case "posix":
      return PLAIN.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
    case "fish":
      return PLAIN.test(text) ? text : `'${text.replace(/[\\']/g, "\\$&")}'`;
    case "powershell":
      // It takes typographic quotes for quotes.
      return `'${text.replace(/['\u2018-\u201B]/g, "$&$&")}'`;
    case "cmd":
      // Variables are put in even between quotes.
      return /["%!^]/.test(text) ? undefined : `"${text}"`;
  }
}

/** `claude --resume <id>`, with a prompt where there is one. The id was checked; undefined when the prompt cannot be quoted. */
export function claudeCommand(sessionId: string, prompt: string | null, dialect: Dialect): string | undefined {
  if (prompt === null) return `claude --resume ${sessionId}`;
  const argument = quote(prompt, dialect);
  return argument === undefined ? undefined : `claude --resume ${sessionId} ${argument}`;
}

/** The same for a shell that is anywhere: it goes to the session's folder first, where Claude looks for it. */
export function resumeCommand(sessionId: string, folder: string | null, dialect: Dialect): string {
  const command = `claude --resume ${sessionId}`;
  const place = folder !== null && isAbsolute(folder) ? quote(folder, dialect) : undefined;
  if (place === undefined) return command;
  switch (dialect) {
    case "posix":
    case "fish":
      return `cd ${place} && ${command}`;
    case "powershell":
      // The `&&` of later versions is unknown to the one that Windows brings.
      return `Set-Location -LiteralPath ${place}; if ($?) { ${command} }`;
    case "cmd":
      return `cd /d ${place} && ${command}`;
  }
}

/** On any platform. */
export function isAbsolute(path: string): boolean {
  return /^(\/|[a-z]:[\\/]|\\\\)/i.test(path);
}
