import type {ProtectedVm} from "../api/types"
import {bytes, count, legible, moment} from "../lib/format"
import type {Column} from "../parts/table"
import {CONSISTENCY_WORDS, StateBadge, VerdictBadge} from "../parts/states"
import {Ago} from "../parts/time"
import {linkTo} from "../state/location"

export function keyOfVm(vm: ProtectedVm): string {
    return `${vm.cluster.uid}/${vm.namespace}/${vm.vm}`
}

export function vmColumns(now: number, projectName: (uid: string) => string): Column<ProtectedVm>[] {
    const exact = (at: string | undefined) => (at === undefined ? undefined : moment(Date.parse(at)))
    return [
        {
            name: "vm", csv: ["vm"], title: "VM", width: "minmax(130px, 2fr)", usual: true, sort: "vm", phone: "lead", full: (vm) => vm.vm,
            cell: (vm) => <a href={linkTo(["vm", vm.cluster.uid, vm.namespace, vm.vm])}>{vm.vm}</a>,
        },
        {name: "verdict", csv: ["verdict"], title: "Verdict", width: "104px", usual: true, phone: "side", cell: (vm) => <VerdictBadge verdict={vm.verdict}/>},
        {name: "cluster", csv: ["cluster"], title: "Cluster", width: "minmax(90px, 1fr)", usual: true, phone: "below", full: (vm) => vm.cluster.name, cell: (vm) => vm.cluster.name},
        {name: "namespace", csv: ["namespace"], title: "Namespace", width: "minmax(90px, 1fr)", usual: true, phone: "below", full: (vm) => vm.namespace, cell: (vm) => vm.namespace},
        {name: "project", csv: ["project"], title: "Project", width: "minmax(90px, 1fr)", full: (vm) => projectName(vm.cluster.projectUid), cell: (vm) => projectName(vm.cluster.projectUid)},
        {
            name: "lastGood", csv: ["lastGood", "lastGoodAt"], title: "Last good", width: "96px", usual: true, right: true, sort: "age", descending: true, phone: "below",
            full: (vm) => exact(vm.lastGood?.at), cell: (vm) => <Ago at={vm.lastGood?.at} now={now} none="never"/>,
        },
        {
            name: "consistency", csv: ["lastGoodConsistency"], title: "Consistency", width: "104px", usual: true,
            full: (vm) => vm.lastGood && CONSISTENCY_WORDS[vm.lastGood.consistency].meaning,
            cell: (vm) => (vm.lastGood ? CONSISTENCY_WORDS[vm.lastGood.consistency].word : <span class="quiet">–</span>),
        },
        {
            name: "snapshots", csv: ["snapshots"], title: "Snapshots", width: "92px", usual: true, right: true, sort: "snapshots", descending: true,
            cell: (vm) => <a href={linkTo(["snapshots"], {cluster: vm.cluster.uid, namespace: vm.namespace, vmName: vm.vm, labels: undefined})}>{count(vm.snapshots)}</a>,
        },
        {name: "failed", csv: ["failed"], title: "Failed", width: "72px", usual: true, right: true, sort: "failed", descending: true, cell: (vm) => (vm.failed > 0 ? count(vm.failed) : <span class="quiet">0</span>)},
        {name: "size", csv: ["sizeBytes"], title: "Size", width: "84px", right: true, cell: (vm) => (vm.sizeBytes === undefined ? <span class="quiet">–</span> : bytes(vm.sizeBytes))},
        {name: "status", csv: ["status"], title: "VM is", width: "96px", full: (vm) => vm.status, cell: (vm) => vm.status ?? <span class="quiet">{vm.gone ? "gone" : "not known"}</span>},
        {name: "attempt", csv: ["lastAttemptState"], title: "Last attempt", width: "116px", cell: (vm) => (vm.lastAttempt ? <StateBadge state={vm.lastAttempt.state}/> : <span class="quiet">none</span>)},
        {name: "restore", csv: ["lastRestoreAt"], title: "Last restore", width: "104px", right: true, full: (vm) => exact(vm.lastRestore?.at), cell: (vm) => <Ago at={vm.lastRestore?.at} now={now}/>},
        {name: "cause", csv: ["cause"], title: "Why the last attempt failed", width: "minmax(160px, 3fr)", usual: true, full: (vm) => vm.lastAttempt?.cause && legible(vm.lastAttempt.cause), cell: (vm) => legible(vm.lastAttempt?.cause ?? "")},
    ]
}
