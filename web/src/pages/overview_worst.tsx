import type {Answer} from "../api/client"
import {protection} from "../api/operations"
import type {Protection, ProtectedVm, ProtectionQuery} from "../api/types"
import {legible} from "../lib/format"
import {Icon} from "../parts/icons"
import {VerdictBadge} from "../parts/states"
import {Ago} from "../parts/time"
import {linkTo} from "../state/location"

export function hrefOfVm(vm: ProtectedVm): string {
    return linkTo(["vm", vm.cluster.uid, vm.namespace, vm.vm])
}

const SHOWN = 8

// The report, with those VMs first that have nothing to go back to or whose snapshots fail; then the latest.
export async function worst(query: ProtectionQuery, options: Parameters<typeof protection>[1]): Promise<Answer<Protection>> {
    const [bad, late] = await Promise.all([
        protection({...query, verdict: ["Never", "Failing"], sort: "-age", limit: SHOWN}, options),
        protection({...query, verdict: ["Late"], sort: "-age", limit: SHOWN}, options),
    ])
    return {freshness: bad.freshness, data: {...bad.data, items: [...bad.data.items, ...late.data.items].slice(0, SHOWN)}}
}

export function WorstVms({vms, now}: {vms: readonly ProtectedVm[]; now: number}) {
    if (vms.length === 0) return <p class="fine"><Icon mark="good"/>No VM is late, fails, or was never snapshotted.</p>
    return (
        <table class="plain">
            <thead>
                <tr><th scope="col">VM</th><th scope="col">Verdict</th><th scope="col" class="right">Last good</th><th scope="col" class="wide">Why</th></tr>
            </thead>
            <tbody>
                {vms.map((vm) => {
                    const cause = legible(vm.lastAttempt?.cause ?? "")
                    return (<tr key={`${vm.cluster.uid}/${vm.namespace}/${vm.vm}`}>
                        <td>
                            <a href={hrefOfVm(vm)}>{vm.vm}</a>
                            <span class="quiet"><bdi>{vm.cluster.name}</bdi> / {vm.namespace}</span>
                        </td>
                        <td><VerdictBadge verdict={vm.verdict}/></td>
                        <td class="right"><Ago at={vm.lastGood?.at} now={now} none="never"/></td>
                        <td class="wide cut" title={cause}>{cause}</td>
                    </tr>)
                })}
            </tbody>
        </table>
    )
}
