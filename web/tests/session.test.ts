// Who is let in, and for how long.
import {expect, test} from "vitest"

import {serve, server, tab} from "./harness/page"
import {Server} from "./harness/server"

serve((server) => server.createCluster("demo"))

function expectRefusals(words: RegExp) {
    expect(tab.faults.length).toBeGreaterThan(0)
    for (const fault of tab.faults.splice(0)) expect(fault).toMatch(words)
}

test("a wrong key is refused in words, and the right one is asked for again", async () => {
    await tab.go()
    await tab.page.getByRole("button", {name: "Sign in"}).click()
    await tab.page.getByText("Paste a key or a token first.").waitFor()
    await tab.page.getByLabel("API key or token", {exact: true}).fill("sgk_000000000000_nonsense")
    await tab.page.keyboard.press("Enter")
    await tab.page.getByText("This is no valid key").waitFor()
    await tab.axe()
    expectRefusals(/401/)
    await tab.signIn()
})

test("the session outlives the tab's page, not the signing out", async () => {
    await tab.go("#/clusters")
    await tab.signIn()
    await tab.page.reload()
    await tab.page.getByRole("link", {name: "demo"}).waitFor()
    const cookies = await tab.page.context().cookies()
    expect(cookies.map((one) => ({httpOnly: one.httpOnly, secure: one.secure, sameSite: one.sameSite, expires: one.expires, host: one.name.startsWith("__Host-")}))).toEqual([
        {httpOnly: true, secure: true, sameSite: "Strict", expires: -1, host: true},
    ])
    expect(cookies[0]?.value).not.toContain(server.key)
    expect(await tab.page.evaluate(() => JSON.stringify(localStorage) + JSON.stringify(sessionStorage))).not.toContain("sgk_")
    await tab.page.getByRole("button", {name: "Sign out"}).click()
    await tab.page.getByLabel("API key or token", {exact: true}).waitFor()
    await tab.page.reload()
    await tab.page.getByLabel("API key or token", {exact: true}).waitFor()
    expect(await tab.page.context().cookies()).toEqual([])
})

test("a revoked key ends the session, and what was on the screen is gone", async () => {
    const made = await server.createKey("short", "reader")
    await tab.go("#/clusters")
    await tab.signIn(made.key)
    await tab.page.getByRole("link", {name: "demo"}).waitFor()
    await server.ask("DELETE", `/admin/v1/keys/${made.id}`)
    await tab.page.getByText("The session has ended").waitFor()
    expect(await tab.page.getByRole("link", {name: "demo"}).count()).toBe(0)
    expectRefusals(/401/)
})

test("an expired key ends the session", async () => {
    const made = await server.createKey("moment", "reader", {expires: "4s"})
    await tab.go("#/clusters")
    await tab.signIn(made.key)
    await tab.page.getByText("The session has ended").waitFor()
    expectRefusals(/401/)
})

test("a restart of the server signs out, and says so", async () => {
    await tab.go("#/clusters")
    await tab.signIn()
    await server.stop()
    await tab.page.getByText("The server is away").waitFor()
    await server.start()
    await tab.page.getByText("The session has ended").waitFor()
    // What the browser says of requests to a server that is not there, and of the one that was refused.
    expectRefusals(/401|net::ERR/)
})

test("a reader sees no control that would be refused", async () => {
    const made = await server.createKey("reading", "reader")
    await tab.go("#/clusters")
    await tab.signIn(made.key)
    await tab.page.getByRole("link", {name: "demo"}).click()
    await tab.page.getByRole("heading", {name: "demo"}).waitFor()
    expect(await tab.page.getByRole("button", {name: /Add|Remove|Delete|Create|credentials|Check/}).count()).toBe(0)
    expect(await tab.page.getByRole("link", {name: "Access"}).count()).toBe(0)
    await tab.go("#/access")
    await tab.page.getByText("This page is for admins").waitFor()
})

test("who cannot be signed out is told so", async () => {
    await tab.go("#/clusters")
    await tab.signIn()
    await tab.page.route("**/console/v1/session", (route) => route.abort())
    await tab.page.getByRole("button", {name: "Sign out"}).click()
    await tab.page.getByRole("alert").getByText("You are still signed in").waitFor()
    await tab.page.unroute("**/console/v1/session")
    await tab.page.getByRole("button", {name: "Sign out"}).click()
    await tab.page.getByLabel("API key or token", {exact: true}).waitFor()
    expect(await tab.page.context().cookies()).toEqual([])
    expectRefusals(/net::ERR/)
})

test("what one tab does with the session holds in all", async () => {
    const made = await server.createKey("reads-in-another-tab", "reader")
    await tab.go("#/clusters")
    await tab.signIn()
    await tab.page.getByRole("button", {name: "Add cluster"}).waitFor()
    const other = await tab.page.context().newPage()
    await other.goto(`${server.url}/#/clusters`)
    await other.getByRole("button", {name: "Sign out"}).click()
    await tab.page.getByText("You have signed out in another tab.").waitFor()
    await other.getByLabel("API key or token", {exact: true}).fill(made.key)
    await other.getByRole("button", {name: "Sign in"}).click()
    await tab.page.getByText("reads-in-another-tab").waitFor()
    await tab.page.getByRole("link", {name: "demo"}).waitFor()
    expect(await tab.page.getByRole("button", {name: "Add cluster"}).count()).toBe(0)
})

test("clients of the API notice nothing, and nobody else's page can use the session", async () => {
    const plain = await server.call("GET", "/")
    expect([plain.status, plain.headers["content-type"]]).toEqual([404, "application/json"])
    await tab.go()
    await tab.signIn()
    const [cookie] = await tab.page.context().cookies()
    const sent = `${cookie?.name ?? ""}=${cookie?.value ?? ""}`
    const asked = async (headers: Record<string, string>) => (await server.call("GET", "/admin/v1/clusters", undefined, {Cookie: sent, ...headers}, "")).status
    expect(await asked({})).toBe(401)
    expect(await asked({"X-Snapgate-Console": "1", "Sec-Fetch-Site": "cross-site"})).toBe(401)
})

test("without the console there is none", async () => {
    const other = await new Server().start("--console", "off")
    try {
        const page = await other.call("GET", "/", undefined, {Accept: "text/html"})
        expect(page.status).toBe(404)
        expect((await other.call("GET", "/console/v1/session")).status).toBe(404)
    } finally {
        await other.remove()
    }
})
