// A list of 100,000 VMs.
import {expect, test} from "vitest"

import {good} from "./harness/fleet"
import {serve, tab} from "./harness/page"

const VMS = 100_000
const AT_ONCE = 20_000
const name = (vm: number) => `vm-${String(vm).padStart(6, "0")}`

serve(async (server) => {
    await server.createCluster("large")
    for (let from = 0; from < VMS; from += AT_ONCE)
        await server.import("large", Array.from({length: AT_ONCE}, (_, i) => good("apps", name(from + i), `${name(from + i)}-a`, (from + i) % 2 === 0 ? 1 : 100)))
})

test("its figures are right, it scrolls without an end, and a search finds one of them", async () => {
    await tab.go("")
    await tab.signIn()
    await expect.poll(() => tab.page.locator("[data-verdict=Protected]").innerText()).toBe("50,000")
    expect(await tab.page.locator("[data-verdict=Late]").innerText()).toBe("50,000")
    await tab.go("#/vms?sort=vm")
    const rows = tab.page.locator(".grid-table .body .row")
    await rows.first().waitFor()
    await expect.poll(() => tab.page.locator(".shown").innerText()).toMatch(/100,000/)
    // Down ten times: pages come from the server, each row once and in order, and few of them are in the page.
    const seen = new Set<string>()
    for (let step = 0; step < 10; ++step) {
        const names = (await rows.allInnerTexts()).map((row) => /vm-\d{6}/.exec(row)?.[0] ?? "")
        expect([...names].sort()).toEqual(names)
        for (const one of names) seen.add(one)
        await tab.page.locator(".scroller").evaluate((scroller) => (scroller.scrollTop += scroller.clientHeight))
        await expect.poll(async () => (await rows.allInnerTexts()).some((row) => !seen.has(/vm-\d{6}/.exec(row)?.[0] ?? ""))).toBe(true)
    }
    expect(await rows.count()).toBeLessThan(120)
    expect([...seen].sort()).toEqual(Array.from({length: seen.size}, (_, vm) => name(vm)))
    expect(seen.size).toBeGreaterThan(100)
    await tab.page.keyboard.press("/")
    await tab.page.keyboard.type("099999")
    await expect.poll(() => rows.count()).toBe(1)
    expect(await rows.first().innerText()).toContain(name(99_999))
    await tab.axe()
}, 120_000)
