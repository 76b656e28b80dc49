// Signing in with the token of an issuer in place of a key.
import type {Browser} from "playwright-core"
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from "vitest"

import {launch, Tab} from "./harness/browser"
import {good} from "./harness/fleet"
import {Issuer} from "./harness/issuer"
import {Server} from "./harness/server"

const issuer = new Issuer()
let browser: Browser
let server: Server
let tab: Tab

beforeAll(async () => {
    browser = await launch()
    server = new Server()
    await server.start("--config", issuer.declare(server.folder, [
        {claim: "groups", values: ["platform"], role: "admin", tenant: true},
        {claim: "groups", values: ["shop"], role: "editor", projects: ["shop"]},
        {claim: "groups", values: ["shop"], role: "reader", projects: ["bank"]},
    ]))
    for (const project of ["shop", "bank"]) {
        const {uid} = await server.ask<{uid: string}>("POST", "/admin/v1/projects", {name: project})
        await server.ask("POST", "/admin/v1/clusters", {name: `${project}-01`, uid: `${project}-01`, projectUid: uid})
        await server.import(`${project}-01`, [good("web", `${project}-vm`, `${project}-a`, 1)])
    }
})
afterAll(async () => {
    await browser.close()
    await server.remove()
})
beforeEach(async () => {
    tab = await Tab.open(browser, server)
})
afterEach(() => tab.close())

test("an admin of the tenant sees all, under the name that the issuer gives", async () => {
    await tab.go("#/clusters")
    await tab.signIn(issuer.token("alice", ["platform"]))
    await tab.page.getByText("corp:alice").waitFor()
    await tab.page.getByRole("link", {name: "shop-01"}).waitFor()
    await tab.page.getByRole("link", {name: "bank-01"}).waitFor()
    await tab.page.getByRole("link", {name: "Access"}).click()
    await tab.page.getByRole("button", {name: "New key…"}).waitFor()
    await tab.page.reload()
    await tab.page.getByText("corp:alice").waitFor()
})

test("who has rights in several projects looks at one of them, with the role that it gives", async () => {
    await tab.go("#/clusters")
    await tab.signIn(issuer.token("bob", ["shop"]))
    await tab.page.getByRole("link", {name: "shop-01"}).waitFor()
    expect(await tab.page.getByRole("link", {name: "bank-01"}).count()).toBe(0)
    await tab.go("#/vms")
    await tab.page.getByRole("link", {name: "shop-vm"}).click()
    await tab.page.getByRole("button", {name: "Create snapshot"}).waitFor()
    await tab.go("#/vms")
    await tab.page.locator(".scope").getByLabel("Project").selectOption("bank")
    await tab.page.getByRole("link", {name: "bank-vm"}).click()
    await tab.page.getByRole("heading", {name: /bank-vm/}).waitFor()
    expect(new URL(tab.page.url()).hash).toMatch(/project=/)
    expect(await tab.page.getByRole("button", {name: "Create snapshot"}).count()).toBe(0)
    // The address has the choice.
    await tab.page.reload()
    await tab.page.getByRole("heading", {name: /bank-vm/}).waitFor()
    await tab.axe()
})

test("a token that gives no rights, and none of the issuer's, are refused in words", async () => {
    await tab.go()
    const field = tab.page.getByLabel("API key or token", {exact: true})
    await field.fill(issuer.token("eve", ["guests"]))
    await tab.page.keyboard.press("Enter")
    await tab.page.getByRole("alert").filter({hasText: /rule/i}).waitFor()
    await field.fill(new Issuer().token("eve", ["platform"]))
    await tab.page.keyboard.press("Enter")
    await tab.page.getByRole("alert").filter({hasText: /signature/i}).waitFor()
    expect(tab.faults.splice(0).every((fault) => /401|403/.test(fault))).toBe(true)
})

test("the session ends with the token", async () => {
    await tab.go("#/clusters")
    // The issuer's clock may differ by half a minute.
    await tab.signIn(issuer.token("carol", ["platform"], -25))
    await tab.page.getByText("The session has ended").waitFor()
    for (const fault of tab.faults.splice(0)) expect(fault).toMatch(/401/)
})
