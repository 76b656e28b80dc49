// What the console should say of snapshots, counted from the objects alone.
import type {Snapshot} from "./server"

export type Verdict = "Protected" | "Late" | "Failing" | "Never" | "Unknown"

export interface CountedVm {
    namespace: string
    name: string
    verdict: Verdict
    // When its newest good snapshot was taken; undefined: it has none.
    lastGood: string | undefined
}

function isGood(one: Snapshot): boolean {
    return one.status?.phase === "Succeeded" && one.status.readyToUse === true && one.metadata.deletionTimestamp === undefined
}

// KubeVirt made it in order to clone a VM, and removes it afterwards.
function isForClone(one: Snapshot): boolean {
    return one.metadata.ownerReferences?.some((owner) => owner.apiVersion.startsWith("clone.kubevirt.io/")) ?? false
}

function isOlder(a: Snapshot, b: Snapshot): boolean {
    const order = a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp)
    return order < 0 || (order === 0 && a.metadata.name < b.metadata.name)
}

// The VMs of one cluster, each with its verdict as docs/fleet.md defines it.
export function countVms(objects: readonly Snapshot[], withinHours: number): CountedVm[] {
    const vms = new Map<string, Snapshot[]>()
    for (const one of objects) {
        if (isForClone(one)) continue
        const vm = `${one.metadata.namespace}/${one.spec.source.name}`
        vms.set(vm, [...(vms.get(vm) ?? []), one])
    }
    const oldest = Date.now() - withinHours * 3_600_000
    return [...vms].map(([key, of]) => {
        const [namespace = "", name = ""] = key.split("/")
        const lastGood = of.filter(isGood).map((one) => one.status?.creationTime ?? "").sort().at(-1)
        const last = of.reduce((a, b) => (isOlder(a, b) ? b : a))
        const verdict = lastGood !== undefined && Date.parse(lastGood) >= oldest ? "Protected"
            : last.status?.phase === "Failed" && last.metadata.deletionTimestamp === undefined ? "Failing"
            : lastGood !== undefined ? "Late" : "Never"
        return {namespace, name, verdict, lastGood}
    })
}

export function countVerdicts(objects: readonly Snapshot[], withinHours: number): Record<Verdict, number> {
    const counts = {Protected: 0, Late: 0, Failing: 0, Never: 0, Unknown: 0}
    for (const {verdict} of countVms(objects, withinHours)) ++counts[verdict]
    return counts
}

export interface CountedDay {
    succeeded: number
    failed: number
}

// By the day (UTC) on which they ended.
export function countDays(objects: readonly Snapshot[]): Map<string, CountedDay> {
    const days = new Map<string, CountedDay>()
    const dayOf = (at: string | undefined) => {
        const day = (at ?? "").slice(0, 10)
        const counted = days.get(day) ?? {succeeded: 0, failed: 0}
        days.set(day, counted)
        return counted
    }
    for (const one of objects) {
        if (one.status?.phase === "Succeeded") ++dayOf(one.status.creationTime).succeeded
        const failure = one.status?.conditions?.find((condition) => condition.type === "Failure")
        if (one.status?.phase === "Failed") ++dayOf(failure?.lastTransitionTime).failed
    }
    return days
}

// Deadlines and deletions of the sample are days old, so whatever is under way in it is stuck.
export function countStuckInSample(objects: readonly Snapshot[]): number {
    return objects.filter((one) => one.metadata.deletionTimestamp !== undefined || one.status?.phase === "InProgress").length
}
