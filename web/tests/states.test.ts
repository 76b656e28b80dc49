// What a server without anything shows, and a page while its answer is under way, or does not come.
import {expect, test} from "vitest"

import {good} from "./harness/fleet"
import {serve, server, tab} from "./harness/page"

serve(() => Promise.resolve())

test("a server that knows nothing yet says how to begin", async () => {
    await tab.go()
    await tab.signIn()
    for (const [hash, words] of [
        ["", "No VM is known yet"], ["#/vms", "No VMs yet"], ["#/snapshots", "No snapshots yet"], ["#/failures", "Nothing has failed"],
        ["#/clusters", "No clusters yet"], ["#/nowhere", "There is no such page"],
    ] as const) {
        await tab.go(hash)
        await tab.page.locator("#main").getByText(words).waitFor()
        await tab.axe()
        await tab.shoot(`empty-${hash.slice(2) || "overview"}`)
    }
    await tab.go("#/vms?name=web")
    await tab.page.getByText("No VM is like that").waitFor()
    // A reader is not told to do what it may not.
    const reader = await server.createKey("reads-nothing", "reader")
    await tab.page.getByRole("button", {name: "Sign out"}).click()
    await tab.signIn(reader.key)
    await tab.go("#/clusters")
    await tab.page.getByText("This key sees none.").waitFor()
})

test("while an answer is under way its place is held, and an error is told and can be tried again", async () => {
    await server.createCluster("late", [good("web", "web-01", "web-01-a", 1)])
    await tab.go("#/failures")
    await tab.signIn()
    let release: () => void = () => undefined
    const held = new Promise<void>((done) => (release = done))
    await tab.page.route("**/vms/protection**", async (route) => {
        await held
        await route.fallback()
    })
    await tab.go("")
    const panel = tab.page.getByRole("region", {name: "VMs by verdict"})
    await panel.locator(".waiting").first().waitFor()
    await tab.axe()
    release()
    await panel.locator("[data-verdict=Protected]").waitFor()

    await tab.page.unrouteAll({behavior: "wait"})
    await tab.page.route("**/vms/summary**", (route) => route.fulfill({status: 500, json: {code: "InternalError", message: "something broke", ref: "0123", details: {}}}))
    await tab.go("#/failures?since=ever")
    await tab.page.getByRole("alert").filter({hasText: "something broke"}).first().waitFor()
    await tab.axe()
    await tab.shoot("error")
    await tab.page.unroute("**/vms/summary**")
    await tab.page.getByText("Nothing has failed").waitFor({timeout: 30_000})
    for (const fault of tab.faults.splice(0)) expect(fault).toMatch(/500/)
})

test("a question that is refused leaves no figures of the one before", async () => {
    await server.createCluster("refusing", [good("web", "web-02", "web-02-a", 1)])
    await tab.go("")
    await tab.signIn()
    await tab.page.locator("[data-verdict]").first().waitFor()
    await tab.page.getByLabel("Labels").fill("a in (")
    await tab.page.keyboard.press("Enter")
    await tab.page.getByRole("alert").getByText("The server does not understand this question").waitFor()
    expect(await tab.page.locator("[data-verdict]").count()).toBe(0)
    // Told once.
    expect(await tab.page.getByRole("alert").count()).toBe(1)
    await tab.axe()
    await tab.page.evaluate(() => (location.hash = "#/vms"))
    await expect.poll(() => tab.page.locator(".grid-table .body .row").count()).toBeGreaterThan(0)
    await tab.page.evaluate(() => (location.hash = "#/vms?labels=a+in+("))
    await tab.page.getByRole("alert").first().waitFor()
    expect(await tab.page.locator(".grid-table .body .row").count()).toBe(0)
    await tab.go("#/cluster/nothing")
    await tab.page.getByText("There is no such thing").waitFor()
    expect(await tab.page.locator(".counts").count()).toBe(0)
    for (const fault of tab.faults.splice(0)) expect(fault).toMatch(/40[04]/)
})

test("changes that come faster than answers keep no answer away", async () => {
    await server.createCluster("busy")
    await tab.go("#/clusters")
    await tab.signIn()
    await tab.page.getByRole("link", {name: "busy"}).waitFor()
    await tab.page.route("**/vms/protection**", async (route) => {
        await new Promise((done) => setTimeout(done, 6000))
        await route.fallback()
    })
    const until = {over: false}
    const changes = (async () => {
        for (let change = 0; !until.over; ++change) {
            await server.import("busy", [good("web", "web-03", `web-03-${change}`, 1)])
            await new Promise((done) => setTimeout(done, 200))
        }
    })()
    await tab.page.evaluate(() => (location.hash = "#/"))
    await tab.page.locator("[data-verdict]").first().waitFor({timeout: 25_000})
    until.over = true
    await changes
    await tab.page.unrouteAll({behavior: "wait"})
})
