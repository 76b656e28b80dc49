import type {SnapshotRow} from "../api/types"
import {bytes, count, duration, legible, moment} from "../lib/format"
import type {Column} from "../parts/table"
import {CONSISTENCY_WORDS, StateBadge} from "../parts/states"
import {Ago} from "../parts/time"
import {linkTo} from "../state/location"

export function keyOfSnapshot(row: SnapshotRow): string {
    return `${row.clusterUid}/${row.namespace}/${row.name}`
}

export function snapshotColumns(now: number): Column<SnapshotRow>[] {
    const exact = (at: string | undefined) => (at === undefined ? undefined : moment(Date.parse(at)))
    const none = <span class="quiet">–</span>
    return [
        {
            name: "name", csv: ["name"], title: "Snapshot", width: "minmax(190px, 3fr)", usual: true, sort: "name", phone: "lead", full: (row) => row.name,
            // Its page is below that of its VM; a cluster may have one that names none.
            cell: (row) => (row.vm === "" ? row.name : <a href={linkTo(["snapshot", row.clusterUid, row.namespace, row.vm, row.name])}>{row.name}</a>),
        },
        {name: "state", csv: ["state", "stuck"], title: "State", width: "150px", usual: true, phone: "side", cell: (row) => <StateBadge state={row.state} stuck={row.stuck}/>},
        {
            name: "vm", csv: ["vm"], title: "VM", width: "minmax(100px, 1.4fr)", usual: true, sort: "vm", phone: "below", full: (row) => row.vm,
            cell: (row) => (row.vm === "" ? none : <a href={linkTo(["vm", row.clusterUid, row.namespace, row.vm])}>{row.vm}</a>),
        },
        {name: "cluster", csv: ["cluster"], title: "Cluster", width: "minmax(90px, 1fr)", usual: true, phone: "below", full: (row) => row.cluster, cell: (row) => row.cluster},
        {name: "namespace", csv: ["namespace"], title: "Namespace", width: "minmax(90px, 1fr)", usual: true, full: (row) => row.namespace, cell: (row) => row.namespace},
        {name: "project", csv: ["project"], title: "Project", width: "minmax(90px, 1fr)", full: (row) => row.project, cell: (row) => row.project},
        {name: "created", csv: ["created"], title: "Age", width: "90px", usual: true, right: true, sort: "created", descending: true, phone: "below", full: (row) => exact(row.created), cell: (row) => <Ago at={row.created} now={now}/>},
        {name: "finished", csv: ["finished"], title: "Finished", width: "90px", right: true, sort: "finished", descending: true, full: (row) => exact(row.finished), cell: (row) => <Ago at={row.finished} now={now}/>},
        {name: "duration", csv: ["durationSeconds"], title: "Took", width: "84px", right: true, sort: "duration", descending: true, cell: (row) => (row.durationSeconds === undefined ? none : duration(row.durationSeconds))},
        {name: "consistency", csv: ["consistency"], title: "Consistency", width: "100px", usual: true, full: (row) => CONSISTENCY_WORDS[row.consistency].meaning, cell: (row) => (row.state === "Succeeded" ? CONSISTENCY_WORDS[row.consistency].word : none)},
        {name: "size", csv: ["sizeBytes"], title: "Size", width: "80px", usual: true, right: true, cell: (row) => (row.sizeBytes === undefined ? none : bytes(row.sizeBytes))},
        {name: "restores", csv: ["restores"], title: "Restores", width: "80px", right: true, cell: (row) => (row.restores === undefined ? none : count(row.restores))},
        {name: "cause", csv: ["cause"], title: "Why it is not good", width: "minmax(180px, 3fr)", usual: true, full: (row) => row.cause && legible(row.cause), cell: (row) => legible(row.cause ?? "")},
    ]
}
