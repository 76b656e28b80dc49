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
