// Where the focus is after what had it is gone, and that the reader finds a page as it was left.
import {expect, test} from "vitest"

import {failed, good} from "./harness/fleet"
import {openTab, serve, server, tab} from "./harness/page"

serve((server) => server.createCluster("alpha", [
    ...Array.from({length: 200}, (_, i) => good("web", `web-${i}`, `web-${i}-a`, 1 + i)), failed("pay", "db-01", "db-01-a", 5, "pool is full"),
]))

const rows = () => tab.page.locator(".grid-table .body .row").count()
const top = () => tab.page.evaluate(() => document.querySelector(".scroller")?.scrollTop ?? -1)

async function open(hash: string): Promise<void> {
    await tab.go(hash)
    await tab.signIn()
}

// The element that has the focus: its role or tag, and its name.
async function expectFocus(selector: string): Promise<void> {
    await expect.poll(() => tab.page.evaluate((wanted) => {
        const at = document.activeElement
        return at?.matches(wanted) === true ? wanted : `${at?.tagName ?? ""} ${at?.textContent.slice(0, 60) ?? ""}`
    }, selector)).toBe(selector)
}

test("the focus stays in a field whose choice was taken, and beside what was taken away", async () => {
    await open("#/snapshots?good=true")
    await expectFocus("#main")
    await tab.page.getByRole("textbox", {name: "Namespace"}).fill("pay")
    await tab.page.keyboard.press("Enter")
    await expect.poll(() => tab.page.url()).toContain("namespace=pay")
    await expectFocus("input[placeholder=all]")
    await tab.page.getByLabel("Labels").fill("app=web")
    await tab.page.keyboard.press("Enter")
    await expect.poll(() => tab.page.url()).toContain("labels=")
    await expectFocus("input[placeholder^='app=web']")
    await tab.page.locator(".set-by").focus()
    await tab.page.keyboard.press("Enter")
    await expect.poll(() => tab.page.url()).not.toContain("good=")
    await expectFocus("#main")

    await tab.go("")
    await tab.page.getByLabel("Good within").selectOption("other…")
    await expectFocus("input.short")
    await tab.page.keyboard.type("36h")
    await tab.page.keyboard.press("Enter")
    await expect.poll(() => tab.page.url()).toContain("within=36h")
    await expectFocus(".scope select")
    // A link that leads to another page is gone with its page.
    await tab.page.locator("a.figure").first().focus()
    await tab.page.keyboard.press("Enter")
    await tab.page.locator(".list-page").waitFor()
    await expectFocus("#main")
})

test("a list is paged by keys from any of its rows on", async () => {
    await open("#/snapshots")
    await expect.poll(rows).toBeGreaterThan(20)
    await tab.page.locator(".grid-table .body .row a").nth(3).focus()
    await expectFocus(".grid-table .body .row a")
    for (let page = 0; page < 5; ++page) {
        const before = await top()
        await tab.page.keyboard.press("PageDown")
        await expectFocus(".scroller")
        await expect.poll(top).toBeGreaterThan(before)
        await tab.page.waitForTimeout(300)
    }
})

test("who goes back finds the list where it was left, and who chooses anew is at its top", async () => {
    await open("#/snapshots")
    await expect.poll(rows).toBeGreaterThan(20)
    await tab.page.evaluate(() => document.querySelector(".scroller")?.scrollTo(0, 900))
    await expect.poll(() => tab.page.evaluate(() => (history.state as {top?: number} | null)?.top)).toBe(900)
    await tab.page.locator(".grid-table .body .row a").nth(30).click()
    await tab.page.locator(".page-head").waitFor()
    await tab.page.goBack()
    await expect.poll(top).toBe(900)
    await tab.page.reload()
    await expect.poll(top).toBe(900)
    await tab.page.getByRole("button", {name: /^Succeeded/}).click()
    await expect.poll(() => tab.page.url()).toContain("phase=")
    await expect.poll(top).toBe(0)
    await tab.page.goBack()
    await expect.poll(top).toBe(900)
})

test("what was typed goes with its page, and the search says what the address asks", async () => {
    await open("#/vms")
    await expect.poll(rows).toBeGreaterThan(20)
    await tab.page.getByRole("searchbox").focus()
    await tab.page.keyboard.type("web")
    await tab.page.evaluate(() => (location.hash = "#/clusters"))
    await tab.page.getByRole("heading", {name: "Clusters"}).waitFor()
    await tab.page.waitForTimeout(200)
    expect(new URL(tab.page.url()).hash).toBe("#/clusters")
    await tab.go("#/vms")
    await tab.page.evaluate(() => (location.hash = "#/vms?name=db"))
    await expect.poll(() => tab.page.getByRole("searchbox").inputValue()).toBe("db")
    await tab.page.getByRole("searchbox").focus()
    await tab.page.goBack()
    await expect.poll(() => tab.page.getByRole("searchbox").inputValue()).toBe("")
})

test("a dialog stays while its answer is under way, and shows it", async () => {
    await open("#/access")
    let release: () => void = () => undefined
    const held = new Promise<void>((done) => (release = done))
    let sent = 0
    await tab.page.route("**/admin/v1/keys", async (route) => {
        if (route.request().method() !== "POST") return route.fallback()
        ++sent
        await held
        await route.fulfill({status: 500, json: {code: "InternalError", message: "something broke", ref: "0123", details: {}}})
    })
    await tab.page.getByRole("button", {name: "New key…"}).click()
    await tab.page.getByLabel("Name", {exact: true}).fill("twice")
    await tab.page.keyboard.press("Enter")
    await tab.page.keyboard.press("Enter")
    for (let press = 0; press < 3; ++press) await tab.page.keyboard.press("Escape")
    expect(await tab.page.getByRole("dialog").isVisible()).toBe(true)
    release()
    await tab.page.getByRole("dialog").getByText("something broke").waitFor()
    expect(sent).toBe(1)
    await tab.page.keyboard.press("Escape")
    await expect.poll(() => tab.page.getByRole("dialog").count()).toBe(0)
    for (const fault of tab.faults.splice(0)) expect(fault).toMatch(/500/)
})

test("the focus is beside a key that was revoked, and in a dialog that has gone on", async () => {
    await server.createKey("leaving", "reader")
    await open("#/access")
    await tab.page.getByRole("button", {name: "Revoke leaving"}).click()
    await tab.page.getByRole("dialog").getByRole("button", {name: "Revoke"}).click()
    await expect.poll(() => tab.page.getByRole("button", {name: "Revoke leaving"}).count()).toBe(0)
    await expectFocus("[aria-label='Table of API keys']")
    await tab.page.getByRole("button", {name: "New key…"}).click()
    await tab.page.getByLabel("Name", {exact: true}).fill("arriving")
    await tab.page.getByRole("button", {name: "Make the key"}).click()
    await tab.page.getByRole("region", {name: "The new key"}).waitFor()
    await expectFocus("dialog *")
})

test.each([["a phone that lies", {width: 740, height: 360}], ["a page that is zoomed far", {width: 320, height: 256}]])(
    "%s: a list has room", async (_, viewport) => {
        await openTab({viewport})
        await open("#/snapshots")
        await expect.poll(rows).toBeGreaterThan(3)
        expect(await tab.page.evaluate(() => document.querySelector(".scroller")?.clientHeight ?? 0)).toBeGreaterThan(150)
        expect(await tab.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
    })
