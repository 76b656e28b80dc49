// The first page, on the sample that ./quickstart loads: every figure against a count of the objects.
import {expect, test} from "vitest"

import {serve, tab} from "./harness/page"
import {sample} from "./harness/server"

const objects = sample()

serve((server) => server.createCluster("demo", objects))

// The verdict of each VM, as docs/fleet.md defines it, counted from the objects alone.
function verdicts(withinHours: number): Record<string, number> {
    const counts: Record<string, number> = {Protected: 0, Late: 0, Failing: 0, Never: 0, Unknown: 0}
    const vms = new Map<string, typeof objects>()
    for (const one of objects) {
        const vm = `${one.metadata.namespace}/${one.spec.source.name}`
        vms.set(vm, [...(vms.get(vm) ?? []), one])
    }
    const oldest = Date.now() - withinHours * 3_600_000
    for (const of of vms.values()) {
        const good = of.filter((one) => one.status?.phase === "Succeeded" && one.status.readyToUse && !one.metadata.deletionTimestamp)
        const newest = Math.max(0, ...good.map((one) => Date.parse(one.status?.creationTime ?? "")))
        const last = of.reduce((a, b) => {
            const order = a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp)
            return order > 0 || (order === 0 && a.metadata.name > b.metadata.name) ? a : b
        })
        const verdict = newest >= oldest ? "Protected"
            : last.status?.phase === "Failed" && !last.metadata.deletionTimestamp ? "Failing"
            : newest > 0 ? "Late" : "Never"
        counts[verdict] = (counts[verdict] ?? 0) + 1
    }
    return counts
}

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
    expect(await shownVerdicts()).toEqual(verdicts(24))
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
    await expect.poll(shownVerdicts).toEqual(verdicts(9000 * 24))
    expect(new URL(tab.page.url()).hash).toBe("#/?within=9000d")
    // A link opened on another day asks the same question again.
    await tab.page.reload()
    await expect.poll(shownVerdicts).toEqual(verdicts(9000 * 24))
})

test("the days, the causes, what is stuck and the cluster are the sample's", async () => {
    const failed = objects.filter((one) => one.status?.phase === "Failed")
    const succeeded = objects.filter((one) => one.status?.phase === "Succeeded")
    // Deadlines and deletions of the sample are days old, so whatever is under way is stuck.
    const stuck = objects.filter((one) => one.metadata.deletionTimestamp !== undefined || one.status?.phase === "InProgress")
    const days = new Map<string, [number, number]>()
    const count = (at: string | undefined, which: 0 | 1) => {
        const day = (at ?? "").slice(0, 10)
        const counted = days.get(day) ?? [0, 0]
        ++counted[which]
        days.set(day, counted)
    }
    for (const one of succeeded) count(one.status?.creationTime, 0)
    for (const one of failed) count(one.status?.conditions?.find((condition) => condition.type === "Failure")?.lastTransitionTime, 1)

    await tab.go()
    await tab.signIn()
    await tab.page.locator(".causes li").first().waitFor()
    const causes = await tab.page.locator(".causes .number").allInnerTexts()
    expect(causes.map(Number)).toEqual([failed.filter((one) => one.status?.error).length, failed.filter((one) => !one.status?.error).length])
    expect(await tab.page.locator(".tile").innerText()).toMatch(new RegExp(`^${stuck.length}\\s`))
    await tab.page.getByRole("link", {name: "demo", exact: true}).first().waitFor()
    const cluster = tab.page.locator("tr", {has: tab.page.getByRole("link", {name: "demo", exact: true})})
    expect((await cluster.locator("td").allInnerTexts()).slice(1)).toEqual([failed.length, stuck.length, objects.length].map(String))
    await tab.page.locator(".chart").waitFor()
    const shown = await tab.page.locator(".chart a").evaluateAll((all) =>
        all.map((one) => [one.getAttribute("href") ?? "", one.getAttribute("aria-label") ?? ""]))
    const first = new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10)
    expect(shown.length).toBe([...days.keys()].filter((day) => day >= first).length)
    for (const [href, words] of shown) {
        const day = /finishedAfter=(\d{4}-\d\d-\d\d)/.exec(decodeURIComponent(href ?? ""))?.[1] ?? ""
        const [good, bad] = days.get(day) ?? [0, 0]
        expect(words, day).toContain(`: ${good} succeeded, ${bad} failed`)
    }
})
