// Debian's Chromium. What it reports against the page (errors in the console, refusals of the
// Content-Security-Policy, requests to others) fails the test that caused it.
import {mkdirSync, readFileSync} from "node:fs"
import {createRequire} from "node:module"
import path from "node:path"

import {chromium, type Browser, type BrowserContextOptions, type Page} from "playwright-core"
import {expect} from "vitest"

import {ROOT} from "./server"

const SHOTS = path.join(ROOT, "build/screenshots")
// A folder that `node build.mjs FOLDER` has filled stands for the files that are part of the program: to try a change
// without building that.
const WEB = process.env["SNAPGATE_WEB"]
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

export function launch(): Promise<Browser> {
    return chromium.launch({executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox"]})
}

// The server whose console a tab shows, and a key for it.
export interface Served {
    url: string
    key: string
}

export class Tab {
    // What the page was found to do wrong. A test that provokes an error takes it out.
    readonly faults: string[] = []

    private constructor(readonly page: Page, readonly server: Served) {
        page.on("console", (message) => {
            if (message.type() === "error" || message.type() === "warning") this.faults.push(`${message.text()} at ${message.location().url}`)
        })
        page.on("pageerror", (error) => this.faults.push(String(error)))
        page.on("request", (request) => {
            const {origin, protocol} = new URL(request.url())
            if (origin !== server.url && protocol !== "blob:" && protocol !== "data:") this.faults.push(`asked ${request.url()}`)
        })
    }

    static async open(browser: Browser, server: Served, options: BrowserContextOptions = {}): Promise<Tab> {
        const context = await browser.newContext({
            ignoreHTTPSErrors: true, viewport: {width: 1440, height: 900}, timezoneId: "Europe/Berlin", locale: "en-GB", ...options,
        })
        if (WEB !== undefined) {
            await context.route(`${server.url}/`, async (route) => {
                const response = await route.fetch()
                await route.fulfill({response, body: readFileSync(path.join(WEB, "index.html"))})
            })
            await context.route(`${server.url}/console/*`, (route) => route.fulfill({path: path.join(WEB, path.basename(new URL(route.request().url()).pathname))}))
        }
        const page = await context.newPage()
        if (WEB !== undefined) {
            // With routes, Playwright turns the cache off, and requests then ask for the newest of every cluster.
            const devtools = await context.newCDPSession(page)
            await devtools.send("Network.setCacheDisabled", {cacheDisabled: false})
        }
        return new Tab(page, server)
    }

    async go(hash = ""): Promise<void> {
        await this.page.goto(`${this.server.url}/${hash}`)
    }

    async signIn(key = this.server.key): Promise<void> {
        await this.page.getByLabel("API key or token", {exact: true}).fill(key)
        await this.page.getByRole("button", {name: "Sign in"}).click()
        await this.page.getByRole("button", {name: "Sign out"}).waitFor()
    }

    // For people to look at.
    async shoot(name: string): Promise<void> {
        mkdirSync(SHOTS, {recursive: true})
        await this.page.screenshot({path: path.join(SHOTS, `${name}.png`)})
    }

    // What axe-core finds against WCAG 2.2 AA.
    async axe(): Promise<void> {
        const found = await this.page.evaluate<{id: string; nodes: string[]}[]>(`${AXE};
            axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((result) =>
                result.violations.map((one) => ({id: one.id, nodes: one.nodes.map((node) => node.target.join(" ") + ": " + node.failureSummary)})))`)
        expect(found).toEqual([])
    }

    async close(): Promise<void> {
        await this.page.context().close()
        expect(this.faults).toEqual([])
    }
}
