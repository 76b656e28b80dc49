// The first page, on the sample that ./quickstart loads: every figure against a count of the objects.
import {expect, test} from "vitest"

import {countDays, countStuckInSample, countVerdicts} from "./harness/counts"
import {serve, tab} from "./harness/page"
import {sample} from "./harness/server"

const objects = sample()

serve((server) => server.createCluster("demo", objects))

async function shownVerdicts(): Promise<Record<string, number>> {
    await tab.page.locator("[data-verdict]").first().waitFor()
    const shown = await tab.page.locator("[data-verdict]").evaluateAll((all) =>
        all.map((one) => [one.getAttribute("data-verdict"), Number(one.textContent.replaceAll(",", ""))]))
    return Object.fromEntries(shown) as Record<string, number>
}

test("signs in with one paste, and shows how many VMs can be brought back", async () => {
    await tab.go()
    await tab.shoot("sign-in")
    await tab.signIn()
    expect(await shownVerdicts()).toEqual(countVerdicts(objects, 24))
    await tab.page.locator(".chart").waitFor()
    await tab.page.locator(".causes li").first().waitFor()
    await tab.shoot("overview")
    await tab.axe()
})

test("'good within' changes the figures, and stands in the address", async () => {
    await tab.go()
    await tab.signIn()
    await shownVerdicts()
    await tab.page.getByLabel("Good within").selectOption("other…")
    await tab.page.getByLabel("Good within").fill("9000d")
    await tab.page.keyboard.press("Enter")
    await expect.poll(shownVerdicts).toEqual(countVerdicts(objects, 9000 * 24))
    expect(new URL(tab.page.url()).hash).toBe("#/?within=9000d")
    // A link opened on another day asks the same question again.
    await tab.page.reload()
    await expect.poll(shownVerdicts).toEqual(countVerdicts(objects, 9000 * 24))
})

test("labels narrow all figures, and stand in the address", async () => {
    const selected = objects.filter((one) => one.metadata.labels?.["app.kubernetes.io/part-of"] === "edge-sites")
    await tab.go()
    await tab.signIn()
    await shownVerdicts()
    await tab.page.getByLabel("Labels").fill("app.kubernetes.io/part-of=edge-sites")
    await tab.page.keyboard.press("Enter")
    const cluster = tab.page.locator("tr", {has: tab.page.getByRole("link", {name: "demo", exact: true})})
    await expect.poll(async () => (await cluster.locator("td").allInnerTexts()).at(-1)).toBe(String(selected.length))
    expect(new URL(tab.page.url()).hash).toContain("labels=")
    await tab.page.locator(".tile").click()
    await expect.poll(() => tab.page.locator(".grid-table .body .row").count()).toBe(countStuckInSample(selected))
})

test("times are in the reader's zone, with the exact one on hover", async () => {
    await tab.go()
    await tab.signIn()
    const time = tab.page.locator(".area-worst time").first()
    await time.waitFor()
    const at = await time.getAttribute("datetime")
    const berlin = new Intl.DateTimeFormat("en-GB", {
        year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short", timeZone: "Europe/Berlin",
    })
    expect(await time.getAttribute("title")).toBe(berlin.format(Date.parse(at ?? "")))
})

test("the days, the causes, what is stuck and the cluster are the sample's", async () => {
    const failed = objects.filter((one) => one.status?.phase === "Failed")
    const stuck = countStuckInSample(objects)
    const days = countDays(objects)

    await tab.go()
    await tab.signIn()
    await tab.page.locator(".causes li").first().waitFor()
    const causes = await tab.page.locator(".causes .number").allInnerTexts()
    expect(causes.map(Number)).toEqual([failed.filter((one) => one.status?.error).length, failed.filter((one) => !one.status?.error).length])
    expect(await tab.page.locator(".tile").innerText()).toMatch(new RegExp(`^${stuck}\\s`))
    await tab.page.getByRole("link", {name: "demo", exact: true}).first().waitFor()
    const cluster = tab.page.locator("tr", {has: tab.page.getByRole("link", {name: "demo", exact: true})})
    expect((await cluster.locator("td").allInnerTexts()).slice(1)).toEqual([failed.length, stuck, objects.length].map(String))
    await tab.page.locator(".chart").waitFor()
    const shown = await tab.page.locator(".chart a").evaluateAll((all) =>
        all.map((one) => [one.getAttribute("href") ?? "", one.getAttribute("aria-label") ?? ""]))
    const first = new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10)
    expect(shown.length).toBe([...days.keys()].filter((day) => day >= first).length)
    for (const [href, words] of shown) {
        const day = /finishedAfter=(\d{4}-\d\d-\d\d)/.exec(decodeURIComponent(href ?? ""))?.[1] ?? ""
        const {succeeded, failed} = days.get(day) ?? {succeeded: 0, failed: 0}
        expect(words, day).toContain(`: ${succeeded} succeeded, ${failed} failed`)
    }
})
