// ./quickstart, the address that it prints, one paste: every figure of the overview against a count of the sample.
import type {Browser} from "playwright-core"
import {afterAll, beforeAll, expect, test} from "vitest"

import {count, percent, plural} from "../src/lib/format"
import {launch, Tab} from "./harness/browser"
import {countDays, countStuckInSample, countVerdicts, countVms} from "./harness/counts"
import {Quickstart} from "./harness/quickstart"
import {sample} from "./harness/server"

const objects = sample()
const WITHIN_HOURS = 24

let browser: Browser
let quickstart: Quickstart
let tab: Tab
let code: number | null | undefined

beforeAll(async () => {
    browser = await launch()
    quickstart = await Quickstart.start()
    // As long as a build takes.
}, 3_600_000)
afterAll(async () => {
    if (code === undefined) await quickstart.stop()
    await browser.close()
})

const texts = (selector: string) => tab.page.locator(selector).evaluateAll((all) => all.map((one) => one.textContent.trim()))

test("signed in with one paste, the overview shows the sample's truth", async () => {
    tab = await Tab.open(browser, quickstart)
    await tab.go()
    // The field has the focus: nothing but the paste and Enter is needed.
    await tab.page.getByLabel("API key or token", {exact: true}).waitFor()
    await tab.page.keyboard.insertText(quickstart.key)
    await tab.page.keyboard.press("Enter")
    await tab.page.locator("[data-verdict]").first().waitFor()
    await tab.page.locator(".area-causes .causes li").first().waitFor()
    await tab.page.locator(".area-days .chart").waitFor()
    await tab.page.locator(".area-worst tbody tr").first().waitFor()
    await tab.page.locator(".area-clusters .by-cluster tbody tr").first().waitFor()
    await tab.page.locator(".area-clusters .tile").waitFor()

    // The VMs by verdict: the headline, the figures, and the bar.
    const verdicts = countVerdicts(objects, WITHIN_HOURS)
    const vms = countVms(objects, WITHIN_HOURS)
    const [headline = ""] = await texts(".area-verdicts .headline")
    expect(headline).toBe(`${count(verdicts.Protected)} of ${plural(vms.length, "VM")} can be brought back to a state of the last 24h` +
        percent(verdicts.Protected, vms.length))
    const entries = Object.entries(verdicts)
    expect(await texts(".figures .figure")).toEqual(entries.map(([verdict, of]) => `${verdict}${count(of)}${percent(of, vms.length)}`))
    const bar = await tab.page.locator(".bar span").evaluateAll((all) => all.map((one) => [one.getAttribute("title"), (one as HTMLElement).style.flexGrow]))
    expect(bar.map(([title]) => title)).toEqual(entries.filter(([, of]) => of > 0).map(([verdict, of]) => `${verdict}: ${count(of)}`))
    for (const [index, [, of]] of entries.filter(([, of]) => of > 0).entries())
        expect(Number(bar[index]?.[1])).toBeCloseTo(of / vms.length, 5)

    // Each of the 30 days, those without a snapshot too.
    const days = countDays(objects)
    const columns = await tab.page.locator(".chart title").allTextContents()
    expect(columns.length).toBe(30)
    const today = Date.now()
    const expected = Array.from({length: 30}, (_, index) => {
        const {succeeded, failed} = days.get(new Date(today - (29 - index) * 86_400_000).toISOString().slice(0, 10)) ?? {succeeded: 0, failed: 0}
        return `${succeeded} succeeded, ${failed} failed`
    })
    expect(columns.map((words) => words.replace(/^.*: /, ""))).toEqual(expected)
    expect(await texts(".chart .axis[text-anchor=end]")).toHaveLength(3)

    // The causes: how many snapshots, and of how many VMs.
    const failures = objects.filter((one) => one.status?.phase === "Failed")
    const ofCause = (withError: boolean) => {
        const of = failures.filter((one) => (one.status?.error !== undefined) === withError)
        const hit = new Set(of.map((one) => `${one.metadata.namespace}/${one.spec.source.name}`))
        return [count(of.length), `${plural(hit.size, "VM")}, 1 cluster`]
    }
    const numbers = await texts(".causes .number")
    const reach = await texts(".causes .reach")
    expect(numbers.map((number, index) => [number, reach[index]])).toEqual([ofCause(true), ofCause(false)])

    // The worst VMs: those that fail, then the late ones, each time that with the oldest good snapshot first.
    const oldestFirst = (verdict: string) => vms.filter((one) => one.verdict === verdict)
        .sort((a, b) => (a.lastGood ?? "").localeCompare(b.lastGood ?? ""))
    const worst = [...oldestFirst("Failing"), ...oldestFirst("Late")].slice(0, 8)
    const shown = await tab.page.locator(".area-worst tbody tr").evaluateAll((rows) => rows.map((row) => ({
        name: row.querySelector("a")?.textContent, place: row.querySelector(".quiet")?.textContent,
        verdict: row.querySelector(".badge")?.textContent.trim(), lastGood: row.querySelector("time")?.getAttribute("datetime"),
    })))
    expect(shown).toEqual(worst.map(({name, namespace, verdict, lastGood}) => ({name, place: `demo / ${namespace}`, verdict, lastGood})))

    // The clusters by state, the one with failures, and what is stuck.
    const stuck = countStuckInSample(objects)
    expect(await texts(".area-clusters .counts li")).toEqual(["Ready1"])
    expect(await texts(".area-clusters .by-cluster tbody td")).toEqual(["demo", count(failures.length), count(stuck), count(objects.length)])
    expect(await texts(".area-clusters .tile")).toEqual([`${count(stuck)}snapshots are stuck`])
    await tab.shoot("quickstart")
    await tab.close()
})

test("Ctrl-C ends it", async () => {
    code = await quickstart.stop()
    expect(code).toBe(0)
})
