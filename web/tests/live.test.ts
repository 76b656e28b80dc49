// What is on the screen follows the clusters.
import {execFileSync} from "node:child_process"
import {writeFileSync} from "node:fs"
import path from "node:path"

import {afterAll, expect, test, vi} from "vitest"

import {failed, good} from "./harness/fleet"
import {serve, tab} from "./harness/page"
import {BINARY, Server} from "./harness/server"

let upstream: Server

serve(async (server) => {
    upstream = await new Server().start()
    await upstream.createCluster("source", Array.from({length: 60}, (_, i) => good("web", `web-${i}`, `web-${i}-a`, 30 + i)))
    const data = path.join(upstream.folder, "data")
    const kubeconfig = execFileSync(BINARY, ["kubeconfig", "--cluster", "source", "--server", upstream.url, "--ca", path.join(data, "ca.crt"), "--api-key-file", path.join(data, "admin.key")], {env: {HOME: upstream.folder}}).toString()
    await server.ask("POST", "/admin/v1/clusters", {name: "edge", uid: "edge", type: "connected", kubeconfig})
    await vi.waitUntil(async () => (await server.ask<{objects: number}>("GET", "/admin/v1/clusters/edge")).objects === 60, {timeout: 20_000, interval: 100})
})
afterAll(() => upstream.remove())

// A kubeconfig for the upstream's cluster, with a new key of that role.
async function kubeconfigFor(role: string): Promise<string> {
    const key = path.join(upstream.folder, "other.key")
    writeFileSync(key, (await upstream.createKey(`follows-${role}`, role)).key)
    return execFileSync(BINARY, ["kubeconfig", "--cluster", "source", "--server", upstream.url, "--ca", path.join(upstream.folder, "data/ca.crt"), "--api-key-file", key], {env: {HOME: upstream.folder}}).toString()
}

const bodyRows = () => tab.page.locator(".grid-table .body .row")

test("a change in the cluster changes the row, and moves none under the reader's hand", async () => {
    await tab.go("#/snapshots?sort=-created")
    await tab.signIn()
    await expect.poll(() => bodyRows().count()).toBeGreaterThan(20)
    // The reader points at a row.
    await bodyRows().nth(3).hover()
    const before = await bodyRows().nth(3).innerText()
    await upstream.import("source", [failed("web", "web-0", "web-0-new", 0, "the disk is gone")])
    await tab.page.getByRole("button", {name: /1 new/}).waitFor()
    expect(await bodyRows().nth(3).innerText()).toBe(before)
    expect(await tab.page.getByText("web-0-new").count()).toBe(0)
    await upstream.ask("DELETE", "/v1/spectroclusters/source/vms/web-1/snapshot/web-1-a?namespace=web")
    await tab.page.locator(".row.away", {hasText: "web-1-a"}).waitFor()
    await tab.page.getByRole("button", {name: /1 new, 1 gone/}).click()
    await tab.page.getByText("web-0-new").waitFor()
    await expect.poll(() => tab.page.getByText("web-1-a").count()).toBe(0)
    expect(await bodyRows().first().innerText()).toMatch(/web-0-new/)
})

test("the overview's figures follow", async () => {
    await tab.go("")
    await tab.signIn()
    const shown = () => tab.page.locator("[data-verdict=Protected]").innerText()
    await expect.poll(shown).toBe("0")
    await upstream.import("source", [good("web", "web-5", "web-5-now", 0), good("web", "web-6", "web-6-now", 0)])
    await expect.poll(shown, {timeout: 10_000}).toBe("2")
})

test("an admin adds a cluster by its kubeconfig, sees what the check found, and gives it other credentials", async () => {
    await tab.go("#/clusters")
    await tab.signIn()
    await tab.page.getByRole("button", {name: "Add cluster"}).click()
    await tab.page.getByLabel("Name", {exact: true}).fill("pasted")
    await tab.page.getByText("Which rights it needs").click()
    const rbac = (...more: string[]) => execFileSync(BINARY, ["print", "rbac", ...more], {env: {HOME: upstream.folder}}).toString()
    const given = tab.page.getByRole("region", {name: "The RBAC to apply in the cluster"})
    expect(await given.textContent()).toBe(`kubectl apply -f - <<'EOF'\n${rbac()}EOF`)
    await tab.page.getByLabel("it also creates and deletes snapshots").check()
    await expect.poll(() => given.textContent()).toBe(`kubectl apply -f - <<'EOF'\n${rbac("--write")}EOF`)
    await tab.page.getByLabel(/Kubeconfig/).fill(await kubeconfigFor("editor"))
    await tab.page.getByRole("button", {name: "Check and add"}).click()
    await tab.page.getByRole("heading", {name: "pasted is connected"}).waitFor()
    await tab.axe()
    await tab.page.getByRole("link", {name: "To the cluster"}).click()
    await tab.page.getByRole("heading", {name: "pasted", exact: true}).waitFor()
    await tab.page.getByRole("button", {name: "Check now"}).click()
    await tab.page.locator(".findings li", {hasText: "Permissions"}).getByText("Good").waitFor()
    await tab.page.getByRole("button", {name: "Change credentials…"}).click()
    await tab.page.getByLabel(/Kubeconfig/).fill(await kubeconfigFor("reader"))
    await tab.page.getByRole("button", {name: "Check and store"}).click()
    await expect.poll(() => tab.page.getByRole("dialog").count()).toBe(0)
    // The key of the first kubeconfig is of no use any more, and nobody misses it.
    const {items} = await upstream.ask<{items: {id: string; name: string}[]}>("GET", "/admin/v1/keys")
    await upstream.ask("DELETE", `/admin/v1/keys/${items.find((key) => key.name === "follows-editor")?.id ?? ""}`)
    await tab.page.getByRole("button", {name: "Check now"}).click()
    await tab.page.locator(".findings li", {hasText: "Permissions"}).getByText("Good").waitFor()
    await tab.page.getByRole("button", {name: "Remove…"}).click()
    await tab.page.getByRole("dialog").getByRole("textbox").fill("pasted")
    await tab.page.getByRole("dialog").getByRole("button", {name: "Remove"}).click()
    await tab.page.getByRole("link", {name: "edge"}).waitFor()
    await expect.poll(() => tab.page.getByRole("link", {name: "pasted"}).count()).toBe(0)
})

test("a cluster that is away is told, with since when", async () => {
    await tab.go("#/clusters")
    await tab.signIn()
    await tab.page.getByRole("link", {name: "edge"}).waitFor()
    await upstream.stop()
    await tab.page.getByText("1 cluster is away").waitFor({timeout: 40_000})
    await tab.page.getByRole("cell", {name: /Unreachable/}).waitFor()
    await tab.page.getByText("Nothing listens at that address").waitFor()
    await tab.shoot("clusters-away")
    await tab.axe()
    await tab.go("#/cluster/edge")
    await tab.page.getByText("ConnectionRefused").first().waitFor()
    await tab.shoot("cluster-away")
    await tab.axe()
    await upstream.start()
    await expect.poll(() => tab.page.getByText("1 cluster is away").count(), {timeout: 60_000}).toBe(0)
}, 150_000)
