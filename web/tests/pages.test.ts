// Each page on a fleet whose truth the test knows, its links, and what it looks like.
import {expect, test} from "vitest"

import {failed, good, restore, running} from "./harness/fleet"
import {openTab, serve, server, tab} from "./harness/page"

const MARKUP = `<img src=x onerror=alert(1)>`
const POOL = "pool is full: no space for 00000000-0000-4000-8000-0000000000aa"
const AGENT = `the agent said ${MARKUP}`

serve(async (server) => {
    await server.createCluster("alpha", [
        good("web", "web-01", "web-01-a", 2), good("web", "web-01", "web-01-b", 30),
        good("web", "web-02", "web-02-a", 50), failed("web", "web-02", "web-02-b", 3, POOL),
        failed("pay", "db-01", "db-01-a", 5, AGENT), failed("pay", "db-01", "db-01-b", 4, POOL),
    ])
    await server.import("alpha", [restore("web", "web-02", "web-02-a", "bring-back", 2)])
    await server.createCluster("beta", [
        good("web", "web-03", "web-03-a", 100), running("web", "web-03", "web-03-b", 9),
        failed("web", "web-04", "web-04-a", 7 * 24 + 5, POOL),
    ])
    await server.ask("POST", "/admin/v1/clusters", {name: `c ${MARKUP}`, uid: "odd"})
})

const rows = () => tab.page.locator(".grid-table .body .row").count()

async function open(hash: string): Promise<void> {
    await tab.go(hash)
    await tab.signIn()
}

test("every figure of the overview leads to a list of as many", async () => {
    await open("")
    await tab.page.locator("[data-verdict]").first().waitFor()
    const figures = await tab.page.locator("a.figure").evaluateAll((all) =>
        all.map((one) => ({href: one.getAttribute("href") ?? "", count: Number(one.querySelector("strong")?.textContent)})))
    expect(figures.map((one) => one.count)).toEqual([1, 1, 3, 0, 0])
    for (const {href, count} of figures) {
        await tab.go(href)
        await tab.page.locator(".shown:not(:empty), .empty").first().waitFor()
        await expect.poll(rows, {message: href}).toBe(count)
    }
    await tab.go("")
    await tab.page.locator(".causes li").first().waitFor()
    const causes = await tab.page.locator(".causes a").evaluateAll((all) =>
        all.map((one) => ({href: one.getAttribute("href") ?? "", count: Number(one.querySelector(".number")?.textContent)})))
    expect(causes.map((one) => one.count)).toEqual([3, 1])
    for (const {href, count} of causes) {
        await tab.go(href)
        await expect.poll(rows, {message: href}).toBe(count)
    }
    await tab.go("")
    await tab.page.locator(".chart a").first().waitFor()
    const days = await tab.page.locator(".chart a").evaluateAll((all) => all.map((one) => [one.getAttribute("href"), one.getAttribute("aria-label")]))
    expect(days.length).toBeGreaterThan(2)
    for (const [href, words] of days) {
        const [, succeeded, bad] = /: (\d+) succeeded, (\d+) failed/.exec(words ?? "") ?? []
        await tab.go(href ?? "")
        await expect.poll(rows, {message: words ?? ""}).toBe(Number(succeeded) + Number(bad))
    }
    await tab.go("")
    await tab.page.locator(".tile").click()
    await expect.poll(rows).toBe(1)
})

test("labels that are chosen hold for every figure that leads to a list with them", async () => {
    await open("#/cluster/alpha?labels=tier")
    await tab.page.locator(".counts strong").nth(5).waitFor()
    expect(await tab.page.locator(".counts strong").allInnerTexts()).toEqual(Array.from({length: 11}, () => "0"))
    await tab.go("#/clusters?labels=tier")
    const figure = tab.page.getByRole("row", {name: /^alpha/}).locator("td.right a")
    expect(await figure.innerText()).toBe("6")
    await figure.click()
    await expect.poll(rows).toBe(6)
})

test("VMs: searched, filtered and sorted, with all of it in the address", async () => {
    await open("#/vms")
    await expect.poll(rows).toBe(5)
    await tab.shoot("vms")
    await tab.axe()
    await tab.page.keyboard.press("/")
    await tab.page.keyboard.type("WEB-0")
    await expect.poll(rows).toBe(4)
    await tab.page.getByRole("button", {name: /^Failing/}).click()
    await expect.poll(rows).toBe(2)
    await tab.page.getByRole("button", {name: "Snapshots", exact: true}).click()
    expect(new URL(tab.page.url()).hash).toBe("#/vms?name=WEB-0&verdict=Failing&sort=-snapshots")
    const first = tab.page.locator(".grid-table .body .row").first()
    await expect.poll(() => first.innerText()).toMatch(/^web-02/)
    await tab.page.reload()
    await expect.poll(rows).toBe(2)
    await tab.page.goBack()
    await expect.poll(() => new URL(tab.page.url()).hash).toBe("#/vms?name=WEB-0&verdict=Failing")
})

test("columns are chosen, and the list comes as CSV", async () => {
    await open("#/vms?verdict=Failing")
    await expect.poll(rows).toBe(3)
    await tab.page.getByText("Columns", {exact: true}).click()
    await tab.page.getByLabel("Last attempt", {exact: true}).check()
    await tab.page.getByRole("columnheader", {name: "Last attempt", exact: true}).waitFor()
    await tab.page.keyboard.press("Escape")
    const [download] = await Promise.all([tab.page.waitForEvent("download"), tab.page.getByRole("button", {name: "CSV"}).click()])
    const stream = await download.createReadStream()
    let text = ""
    for await (const part of stream) text += String(part)
    const lines = text.trim().split("\r\n")
    // The columns that are shown, in their order.
    expect(lines[0]).toBe("vm,verdict,cluster,namespace,lastGood,lastGoodAt,lastGoodConsistency,snapshots,failed,lastAttemptState,cause")
    expect(lines[1]).toMatch(/^db-01,Failing,alpha,pay,,,,2,2,Failed,/)
    expect(lines.length).toBe(4)
})

test("a VM: its snapshots along the time, and why they failed", async () => {
    await open("#/vm/alpha/web/web-02")
    await tab.page.getByRole("heading", {name: "web-02"}).waitFor()
    await tab.page.locator(".timeline a").first().waitFor()
    expect(await tab.page.locator(".timeline a").count()).toBe(2)
    expect(await tab.page.locator(".timeline .gap").count()).toBe(1)
    await tab.page.locator(".timeline .restore title", {hasText: "Restored by bring-back from web-02-a"}).waitFor({state: "attached"})
    await tab.page.locator(".full-causes").getByText(POOL).waitFor()
    await tab.shoot("vm")
    await tab.axe()
    await tab.page.locator(".snapshots-of-vm").getByRole("link", {name: "web-02-b"}).click()
    await tab.page.getByRole("heading", {name: "web-02-b"}).waitFor()
})

test("a snapshot: what happened, how it was taken, and how to fetch the same", async () => {
    await open("#/snapshot/alpha/web/web-01/web-01-a")
    await tab.page.getByText("The guest agent froze the file systems of the guest.").waitFor()
    await tab.page.getByText("cloudinit").first().waitFor()
    await tab.page.getByText(`${server.url}/v1/spectroclusters/alpha/vms/web-01/snapshot/web-01-a?namespace=web`).waitFor()
    await tab.shoot("snapshot")
    await tab.axe()
    await tab.go("#/snapshot/alpha/web/web-02/web-02-b")
    await tab.page.locator(".events li", {hasText: `Error: ${POOL}`}).waitFor()
    await tab.page.getByText("(umask 077; snapgate kubeconfig --cluster alpha").waitFor()
    await tab.go("#/snapshot/alpha/web/web-01/nothing")
    await tab.page.getByText("There is no such thing").waitFor()
    expect(tab.faults.splice(0).join()).toMatch(/404/)
})

test("snapshots: states, ages and causes", async () => {
    await open("#/snapshots")
    await expect.poll(rows).toBe(9)
    await tab.shoot("snapshots")
    await tab.axe()
    await tab.page.getByRole("button", {name: /^Failed/}).click()
    await expect.poll(rows).toBe(4)
    await tab.page.getByLabel("Created").selectOption("of the last 24 h")
    await expect.poll(rows).toBe(3)
    await tab.page.getByLabel("Cause has").fill("POOL")
    await tab.page.keyboard.press("Enter")
    await expect.poll(rows).toBe(2)
    await tab.go("#/snapshots")
    await tab.page.getByText("All filters").click()
    await tab.page.getByLabel(/^Good/).selectOption("yes")
    await expect.poll(rows).toBe(4)
    await tab.page.getByLabel("Finished before").fill("40h")
    await tab.page.keyboard.press("Enter")
    await expect.poll(rows).toBe(2)
    await tab.axe()
})

test("failures open to the clusters and VMs that a cause has hit", async () => {
    await open("#/failures?since=ever")
    const most = tab.page.getByRole("button", {name: /pool is full/})
    expect(await most.innerText()).toMatch(/3 VMs, 2 clusters\s+3$/)
    await most.click()
    await tab.page.locator(".pills").getByRole("link", {name: "alpha 2"}).or(tab.page.locator(".pills a", {hasText: "alpha2"})).waitFor()
    await expect.poll(() => tab.page.locator(".pills").nth(1).locator("li").count()).toBe(3)
    await tab.shoot("failures")
    await tab.axe()
})

test("names and causes that contain markup stay text", async () => {
    await open("")
    for (const hash of ["#/clusters", "#/cluster/odd", "#/failures", "#/vm/alpha/pay/db-01", "#/snapshots?cause=agent", `#/vm/alpha/web/${encodeURIComponent(MARKUP)}`]) {
        await tab.go(hash)
        await tab.page.locator("#main").getByText("<img src=x onerror=alert(").first().waitFor()
        expect(await tab.page.locator("img").count(), hash).toBe(0)
    }
    await tab.go(`#/vms?name=${encodeURIComponent(MARKUP)}`)
    await expect.poll(() => tab.page.getByRole("searchbox").inputValue()).toBe(MARKUP)
    await tab.page.getByText("No VM is like that").waitFor()
    expect(await tab.page.locator("img").count()).toBe(0)
    // No VM can have that name, and so the server says.
    for (const fault of tab.faults.splice(0)) expect(fault).toMatch(/400/)
})

test("an editor creates and deletes snapshots", async () => {
    const made = await server.createKey("editing", "editor")
    await tab.go("#/vm/alpha/web/web-01")
    await tab.signIn(made.key)
    await tab.page.getByRole("button", {name: "Create snapshot"}).click()
    await tab.page.getByLabel("Name", {exact: true}).fill("by-hand")
    await tab.axe()
    await tab.page.getByRole("dialog").getByRole("button", {name: "Create snapshot"}).click()
    await tab.page.getByRole("heading", {name: "by-hand"}).waitFor()
    await server.ask("GET", "/v1/spectroclusters/alpha/vms/web-01/snapshot/by-hand?namespace=web")
    await tab.page.getByRole("button", {name: "Delete…"}).click()
    await tab.page.getByRole("dialog").getByRole("button", {name: "Delete"}).click()
    await tab.page.getByRole("heading", {name: "web-01"}).waitFor()
    expect((await server.call("GET", "/v1/spectroclusters/alpha/vms/web-01/snapshot/by-hand?namespace=web")).status).toBe(404)
})

test("an admin makes and revokes keys, and adds and removes clusters", async () => {
    await open("#/access")
    await tab.page.getByRole("button", {name: "New key…"}).click()
    await tab.page.getByLabel("Name", {exact: true}).fill("made-here")
    await tab.page.getByRole("button", {name: "Make the key"}).click()
    const text = await tab.page.getByRole("region", {name: "The new key"}).innerText()
    expect((await server.call("GET", "/admin/v1/clusters", undefined, {}, text)).status).toBe(200)
    await tab.page.getByRole("button", {name: "Close"}).click()
    await tab.axe()
    await tab.page.getByRole("button", {name: "Revoke made-here"}).click()
    await tab.page.getByRole("dialog").getByRole("button", {name: "Revoke"}).click()
    await expect.poll(async () => (await server.call("GET", "/admin/v1/clusters", undefined, {}, text)).status).toBe(401)

    await tab.page.getByRole("button", {name: "New project…"}).click()
    await tab.page.getByLabel("Name", {exact: true}).fill("bounded")
    await tab.page.getByRole("button", {name: "Make the project"}).click()
    await tab.page.getByRole("button", {name: "Quota of bounded"}).click()
    await tab.page.getByLabel("Clusters (0 now)").fill("3")
    await tab.page.getByLabel("Objects (0 now)").fill("20000")
    await tab.page.getByLabel("Bytes (0 now)").fill("10737418240")
    await tab.axe()
    await tab.page.getByRole("button", {name: "Set the quota"}).click()
    await tab.page.getByText("3 clusters, 20,000 objects, 10 GiB").waitFor()
    const {items} = JSON.parse((await server.call("GET", "/admin/v1/projects")).text) as {items: {name: string; quota?: object}[]}
    expect(items.find((project) => project.name === "bounded")?.quota).toEqual({clusters: 3, objects: 20000, bytes: 10737418240})

    await tab.go("#/clusters")
    await tab.page.getByRole("button", {name: "Add cluster"}).click()
    await tab.page.getByLabel("Name", {exact: true}).fill("gamma")
    await tab.page.getByLabel(/Kubeconfig/).fill("apiVersion: v1\nkind: Config\n")
    await tab.page.getByRole("button", {name: "Check and add"}).click()
    await tab.page.getByRole("dialog").getByRole("alert").waitFor()
    expect(tab.faults.splice(0).join()).toMatch(/400/)
    await tab.page.getByLabel(/hosted/).check()
    await tab.page.getByRole("button", {name: "Add", exact: true}).click()
    await tab.page.getByRole("link", {name: "gamma"}).click()
    await tab.page.getByRole("button", {name: "Remove…"}).click()
    const dialog = tab.page.getByRole("dialog")
    expect(await dialog.getByRole("button", {name: "Remove"}).isDisabled()).toBe(true)
    await dialog.getByRole("textbox").fill("gamma")
    await dialog.getByRole("button", {name: "Remove"}).click()
    await tab.page.getByRole("button", {name: "Add cluster"}).waitFor()
    expect((await server.call("GET", "/admin/v1/clusters?", undefined)).text).not.toContain("gamma")
})

test.each([["phone", {viewport: {width: 360, height: 740}}], ["dark", {colorScheme: "dark" as const}], ["wall", {viewport: {width: 2560, height: 1440}}]])(
    "%s: every page fits, without findings", async (name, options) => {
        await openTab(options)
        await open("")
        await tab.page.locator(".causes li").first().waitFor()
        for (const [page, hash] of [["overview", ""], ["vms", "#/vms"], ["vm", "#/vm/alpha/web/web-02"], ["snapshots", "#/snapshots"], ["failures", "#/failures"], ["clusters", "#/clusters"], ["cluster", "#/cluster/alpha"]]) {
            await tab.go(hash)
            await tab.page.locator("#main").locator(".figures, .grid-table .body .row, .timeline, .failures, table, dl").first().waitFor()
            await expect.poll(() => tab.page.locator(".waiting").count()).toBe(0)
            expect(await tab.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), hash).toBeLessThanOrEqual(0)
            expect(await tab.page.evaluate(() => { const main = document.getElementById("main"); return main ? main.scrollWidth - main.clientWidth : 0 }), hash).toBeLessThanOrEqual(0)
            await tab.axe()
            await tab.shoot(`${name}-${page ?? ""}`)
        }
    })

test("all of it works by keyboard alone", async () => {
    await tab.go()
    await tab.page.getByLabel("API key or token", {exact: true}).waitFor()
    await expect.poll(() => tab.page.evaluate(() => document.activeElement?.id)).toBe("key")
    await tab.page.keyboard.type(server.key)
    await tab.page.keyboard.press("Enter")
    await tab.page.locator("[data-verdict]").first().waitFor()
    const focused = () => tab.page.evaluate(() => document.activeElement?.textContent ?? "")
    const tabTo = async (words: RegExp) => {
        for (let step = 0; step < 60; ++step) {
            await tab.page.keyboard.press("Tab")
            if (words.test(await focused())) return
        }
        throw new Error(`Tab does not get to ${words}`)
    }
    await tabTo(/^Skip to the page/)
    await tab.page.keyboard.press("Enter")
    await tabTo(/^Failing/)
    await tab.page.keyboard.press("Enter")
    await expect.poll(rows).toBe(3)
    await tabTo(/^db-01/)
    await tab.page.keyboard.press("Enter")
    await tab.page.getByRole("heading", {name: "db-01"}).waitFor()
    await tabTo(/^Create snapshot/)
    await tab.page.keyboard.press("Enter")
    await tab.page.getByRole("dialog").waitFor()
    await tab.page.keyboard.press("Escape")
    await expect.poll(() => tab.page.getByRole("dialog").count()).toBe(0)
    expect(await focused()).toBe("Create snapshot")
})
