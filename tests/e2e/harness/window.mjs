// One VS Code window, driven as a user would: palette, keyboard, status bar, notifications.
import { mkdir } from "node:fs/promises";
import path from "node:path";

const READY_MS = 60_000;
const ANSWER_MS = 15_000;
/** How long the quick input may take to open and to be typed into, and how often it is opened. */
const OPEN_MS = 5_000;
const OPENED_AT_MOST = 3;

export class Window {
  /** What the page wrote to its console as errors. @type {string[]} */
  errors = [];

  /** @param {import('playwright-core').Page} page @param {{ownsContext: boolean}} options */
  constructor(page, { ownsContext }) {
    this.page = page;
    this.ownsContext = ownsContext;
    page.setDefaultTimeout(ANSWER_MS);
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(message.text());
    });
    // "Leave the page? Changes may be lost": the test decided to leave.
    page.on("dialog", (dialog) => dialog.accept().catch(() => {}));
  }

  /** Resolves when the workbench is drawn. Extensions may still be starting. */
  async ready() {
    await this.page.locator(".monaco-workbench").waitFor({ timeout: READY_MS });
    await this.page.locator(".part.statusbar .statusbar-item").first().waitFor({ timeout: READY_MS });
  }

  /**
   * Runs a command by its title in the palette. @param {string} title as shown, with or without its category ("Developer: …")
   */
  async runCommand(title) {
    await this.#pick("F1", `>${title}`, title);
  }

  /** Whether the palette offers a command. @param {string} title */
  async hasCommand(title) {
    const rows = await this.#rows("F1", `>${title}`);
    await this.page.keyboard.press("Escape");
    return rows.some((row) => isTitled(row, title));
  }

  /** Opens a file of the workspace by its name. @param {string} name */
  async openFile(name) {
    await this.#pick("ControlOrMeta+P", name, path.basename(name));
    await this.page.locator(".tab.active", { hasText: path.basename(name) }).waitFor();
    await this.page.locator(".editor-instance .monaco-editor").first().waitFor();
  }

  /** Types into the active editor, at its cursor. @param {string} text */
  async typeInEditor(text) {
    await this.page.locator(".editor-group-container.active .monaco-editor .view-lines").first().click();
    await this.page.keyboard.type(text);
  }

  /** The visible text of the active editor. */
  async editorText() {
    const lines = await this.page.locator(".editor-group-container.active .monaco-editor .view-line").allInnerTexts();
    return lines.join("\n").replaceAll("\u00a0", " ");
  }

  /**
   * A status bar item: Playwright's locator for it, to wait for or to click.
   * @param {string} id `publisher.name.itemId`, as the extension created it
   */
  statusItem(id) {
    return this.page.locator(`.part.statusbar [id="${id}"]`);
  }

  /** @param {string} id @returns {Promise<{text: string, label: string, background: string} | null>} */
  async statusOf(id) {
    const item = this.statusItem(id);
    if ((await item.count()) === 0) return null;
    return item.first().evaluate((node) => ({
      text: node.textContent.trim(),
      label: (
        node.getAttribute("aria-label") ??
        node.querySelector("[aria-label]")?.getAttribute("aria-label") ??
        ""
      ).trim(),
      background:
        ["error", "warning", "prominent", "remote", "offline"].find((kind) =>
          node.classList.contains(`${kind}-kind`),
        ) ?? "standard",
    }));
  }

  /** The toasts that are shown now. @returns {Promise<{severity: string, message: string, source: string, buttons: string[]}[]>} */
  async notifications() {
    return this.page.locator(".notifications-toasts .notification-list-item").evaluateAll((toasts) =>
      toasts.map((toast) => ({
        severity:
          ["error", "warning", "info"].find((kind) =>
            toast.querySelector(`.notification-list-item-icon.codicon-${kind}`),
          ) ?? "none",
        message: toast.querySelector(".notification-list-item-message")?.textContent?.trim() ?? "",
        source: toast.querySelector(".notification-list-item-source")?.textContent?.trim() ?? "",
        buttons: [...toast.querySelectorAll(".notification-list-item-buttons-container .monaco-text-button")].map(
          (button) => button.textContent?.trim() ?? "",
        ),
      })),
    );
  }

  /** Waits for a toast. @param {string | RegExp} message @param {{atMostMs?: number}} [options] */
  async notification(message, { atMostMs = ANSWER_MS } = {}) {
    const toast = this.page.locator(".notifications-toasts .notification-list-item", { hasText: message }).first();
    await toast.waitFor({ timeout: atMostMs });
    return {
      text: (await toast.textContent()) ?? "",
      /** @param {string} button */
      press: (button) => toast.locator(".monaco-text-button", { hasText: button }).first().click(),
      dismiss: async () => {
        await toast.hover();
        await toast.locator(".codicon-notifications-clear").click();
      },
    };
  }

  /** The modal dialog that is shown now, or null. @returns {Promise<{message: string, detail: string, buttons: string[]} | null>} */
  async modal() {
    const box = this.page.locator(".monaco-dialog-box");
    if ((await box.count()) === 0) return null;
    return box.first().evaluate((node) => ({
      message:
        node.querySelector(".dialog-message-text")?.textContent?.trim() ??
        node.querySelector(".dialog-message")?.textContent?.trim() ??
        "",
      detail: node.querySelector(".dialog-message-detail")?.textContent?.trim() ?? "",
      buttons: [...node.querySelectorAll(".dialog-buttons .monaco-button")]
        .map((button) => button.textContent?.trim() ?? "")
        .filter(Boolean),
    }));
  }

  /** Waits for a modal dialog. @param {{atMostMs?: number}} [options] */
  async whenModal({ atMostMs = ANSWER_MS } = {}) {
    await this.page.locator(".monaco-dialog-box").first().waitFor({ timeout: atMostMs });
    return /** @type {{message: string, detail: string, buttons: string[]}} */ (await this.modal());
  }

  /** @param {string | RegExp} button its text, or a part of it */
  async answerModal(button) {
    await this.page.locator(".monaco-dialog-box .monaco-button", { hasText: button }).first().click();
  }

  /** The frame an extension's webview (view or panel) draws in. @param {number} [nth] */
  webview(nth = 0) {
    return this.page.frameLocator("iframe.webview.ready").nth(nth).frameLocator("#active-frame");
  }

  /** A picture for the artifacts folder. @param {string} name @returns {Promise<string>} its path */
  async screenshot(name) {
    const folder = process.env.LIFELINE_E2E_ARTIFACTS ?? process.cwd();
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, `${name}.png`);
    // Toasts slide in; a picture of one half way is no picture. What turns without an end is no reason to wait.
    await this.page.waitForFunction(() =>
      document
        .getAnimations()
        .every(
          (animation) =>
            animation.playState !== "running" ||
            animation.effect?.getComputedTiming().endTime === Number.POSITIVE_INFINITY,
        ),
    );
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Reloads the page, as the browser's button does. */
  async reload() {
    await this.page.reload({ waitUntil: "domcontentloaded", timeout: READY_MS });
    await this.ready();
  }

  /** Closes the window, as the tab's cross does. */
  async close() {
    const context = this.page.context();
    await this.page.close();
    if (this.ownsContext) await context.close();
  }

  /** Its renderer dies: the server hears nothing, not even a farewell. */
  async crash() {
    const debug = await this.page.context().newCDPSession(this.page);
    const crashed = new Promise((resolve) => this.page.once("crash", resolve));
    // Nobody is left to answer.
    void debug.send("Page.crash").catch(() => {});
    await crashed;
  }

  /** Takes a row of the quick pick that is open, or about to be. @param {string} label its beginning @returns {Promise<string[]>} all that was offered */
  async pick(label) {
    const rows = this.page.locator(".quick-input-list .monaco-list-row");
    await this.page.locator(`.quick-input-list .monaco-list-row[aria-label^=${JSON.stringify(label)}]`).waitFor();
    const offered = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("aria-label") ?? ""));
    await rows.nth(offered.findIndex((row) => row.startsWith(label))).click();
    return offered;
  }

  /**
   * Opens the quick input with a key, types into it and takes the row that is titled so. A click that fails has done nothing, so all of it
   * is tried again. @param {string} key @param {string} text @param {string} title
   */
  async #pick(key, text, title) {
    for (let left = OPENED_AT_MOST; ; left -= 1) {
      try {
        const rows = await this.#rows(key, text, title);
        const index = rows.findIndex((row) => isTitled(row, title));
        if (index < 0) throw new Error(`"${title}" is not offered; offered are:\n${rows.join("\n")}`);
        await this.page.locator(".quick-input-list .monaco-list-row").nth(index).click({ timeout: OPEN_MS });
        return;
      } catch (error) {
        await this.page.keyboard.press("Escape");
        if (left <= 1) throw error;
      }
    }
  }

  /**
   * What the quick input, opened with a key, offers for a text.
   * @param {string} key @param {string} text @param {string} [title] wait until this one is offered
   * @returns {Promise<string[]>} the rows' aria labels
   */
  async #rows(key, text, title) {
    const input = this.page.locator(".quick-input-widget input.input");
    await this.page.keyboard.press(key);
    await input.waitFor({ timeout: OPEN_MS });
    await input.fill(text, { timeout: OPEN_MS });
    const list = this.page.locator(".quick-input-list .monaco-list-row");
    await list.first().waitFor({ timeout: OPEN_MS });
    if (title) {
      const wanted = this.page.locator(`.quick-input-list .monaco-list-row[aria-label*=${JSON.stringify(title)}]`);
      await wanted
        .first()
        .waitFor({ timeout: OPEN_MS })
        .catch(() => {});
    }
    return list.evaluateAll((rows) => rows.map((row) => row.getAttribute("aria-label") ?? ""));
  }
}

/** @param {string} row aria label, as "Category: Title, keybinding, recently used" @param {string} title */
function isTitled(row, title) {
  const [label] = row.split(", ");
  return label === title || label.endsWith(`: ${title}`) || row.startsWith(`${title},`) || row === title;
}
