// The report of protection as a table: each VM, and whether it can be brought back.
import {clusters, FLEET, projects, protection} from "../api/operations"
import type {Query} from "../api/client"
import type {Protection, ProtectionQuery, Verdict} from "../api/types"
import {VERDICTS} from "../api/types"
import {EmptyList} from "../parts/answers"
import {Chips, Choice, Field, Search, SetBy} from "../parts/filters"
import {Icon} from "../parts/icons"
import {chosenColumns, ColumnChooser, CsvButton} from "../parts/list_tools"
import {MoreFilters, RareFilters} from "../parts/more_filters"
import {VERDICT_LOOKS} from "../parts/states"
import {LongTable} from "../parts/table"
import {useState} from "preact/hooks"
import {useData, useNow} from "../state/data"
import {useRefreshOnChange} from "../state/live"
import {choose, several} from "../state/location"
import {usePages} from "../state/pages"
import type {PageProps} from "./pages"
import {keyOfVm, vmColumns} from "./vm_columns"

type Totals = NonNullable<Protection["totals"]>

export function vmQuery({place: {query}, scope}: Pick<PageProps, "place" | "scope">): ProtectionQuery {
    const one = (name: string) => query.get(name) ?? undefined
    const asked: Record<string, unknown> = {
        maxAge: scope.within, labelSelector: scope.labels,
        verdict: several(query, "verdict"), cluster: several(query, "cluster"), namespace: several(query, "namespace"),
        vmName: several(query, "vmName"), name: one("name"), cause: one("cause"), causeClass: one("causeClass"),
        consistency: one("consistency"), gone: one("gone"), ignored: one("ignored"), sort: one("sort"),
    }
    return asked as ProtectionQuery
}

export function Vms({place, scope}: PageProps) {
    const {query} = place
    const asked = vmQuery({place, scope})
    const question = JSON.stringify([asked, scope.project])
    const [totals, setTotals] = useState<Totals>()
    const pages = usePages(question, keyOfVm, async (token, limit, signal) => {
        const answer = await protection({...asked, limit, ...(token === undefined ? {} : {continue: token})}, {project: scope.project, signal})
        if (answer.data.totals) setTotals(answer.data.totals)
        return {freshness: answer.freshness, data: {rows: answer.data.items, next: answer.data.metadata.continue}}
    })
    useRefreshOnChange([pages])
    const now = useNow(10)
    const known = useData(`clusters ${scope.project ?? ""}`, (signal) => clusters({project: scope.project, signal}))
    const inProjects = useData("projects", (signal) => projects({signal}))
    const names = new Map((inProjects.data?.items ?? []).map((project) => [project.uid, project.name]))
    const all = vmColumns(now, (uid) => names.get(uid) ?? uid)
    const columns = chosenColumns(all, query)
    const chosen = several(query, "verdict")
    const total = totals && VERDICTS.filter((verdict) => chosen.length === 0 || chosen.includes(verdict)).reduce((sum, verdict) => sum + totals[verdict], 0)
    const chips = VERDICTS.map((verdict: Verdict) => ({
        value: verdict, tone: VERDICT_LOOKS[verdict].tone, count: totals?.[verdict],
        label: <><Icon mark={VERDICT_LOOKS[verdict].mark}/>{VERDICT_LOOKS[verdict].word}</>,
    }))

    return (
        <div class="list-page">
            <h1 class="hidden">VMs</h1>
            <div class="filters">
                <Search query={query} name="name" label="Part of a VM's name"/>
                <Chips query={query} name="verdict" label="Verdicts" chips={chips}/>
                <MoreFilters>
                    <Field query={query} name="cluster" label="Cluster" hint="all" list="clusters"/>
                    <Field query={query} name="namespace" label="Namespace" hint="all"/>
                    <Choice query={query} name="consistency" label="Counts" options={[["", "every good snapshot"], ["application", "application-consistent"]]}/>
                    <RareFilters>
                        <Field query={query} name="vmName" label="VM" hint="all"/>
                        <Field query={query} name="cause" label="Cause has" hint="deadline"/>
                        <Field query={query} name="causeClass" label="Class of the cause" hint="as Failures names it" wide/>
                        <Choice query={query} name="gone" label="VMs that are gone" options={[["", "left out"], ["true", "listed"]]}/>
                        <Choice query={query} name="ignored" label="VMs to be ignored" options={[["", "left out"], ["true", "listed"]]}/>
                    </RareFilters>
                </MoreFilters>
                <SetBy query={query} names={{causeClass: "failed by", cause: "cause has", vmName: "VM", gone: "gone ones", ignored: "ignored ones"}}/>
                <div class="tools">
                    <ColumnChooser columns={all} query={query}/>
                    <CsvButton path={`${FLEET}/protection`} request={{query: asked as Query, project: scope.project}} columns={columns} name="vms"/>
                </div>
                <datalist id="clusters">{(known.data?.items ?? []).map((cluster) => <option key={cluster.uid} value={cluster.name}/>)}</datalist>
            </div>
            <LongTable
                label="VMs" columns={columns} pages={pages} keyOf={keyOfVm} total={total} sort={query.get("sort") ?? undefined}
                onSort={(sort) => choose({sort})}
                empty={<EmptyList query={query} what="VM"/>}
            />
        </div>
    )
}
