// What a file of tests works on: a server of its own, and for each test a tab of one browser.
import type {Browser} from "playwright-core"
import {afterAll, afterEach, beforeAll, beforeEach} from "vitest"

import {launch, Tab} from "./browser"
import {Server} from "./server"

let browser: Browser
export let server: Server
export let tab: Tab

// Registers the steps before and after the tests; `fill` gives the server what they look at.
export function serve(fill: (server: Server) => Promise<unknown>): void {
    beforeAll(async () => {
        browser = await launch()
        server = await new Server().start()
        await fill(server)
    })
    afterAll(async () => {
        await browser.close()
        await server.remove()
    })
    beforeEach(async () => {
        tab = await Tab.open(browser, server)
    })
    afterEach(() => tab.close())
}

// Opens another tab in the place of the test's own.
export async function openTab(options: Parameters<typeof Tab.open>[2]): Promise<void> {
    await tab.close()
    tab = await Tab.open(browser, server, options)
}
