// All snapshots, by every filter of the API.
import {clusters, FLEET, snapshotRows, summary} from "../api/operations"
import type {Query} from "../api/client"
import {STATES, type SnapshotQuery, type SummaryQuery} from "../api/types"
import {EmptyList} from "../parts/answers"
import {Chips, Choice, Field, Search, SetBy, Toggle} from "../parts/filters"
import {Icon} from "../parts/icons"
import {chosenColumns, ColumnChooser, CsvButton} from "../parts/list_tools"
import {MoreFilters, RareFilters} from "../parts/more_filters"
import {STATE_LOOKS} from "../parts/states"
import {LongTable} from "../parts/table"
import {useData, useNow} from "../state/data"
import {useRefreshOnChange} from "../state/live"
import {choose, several} from "../state/location"
import {usePages} from "../state/pages"
import type {PageProps} from "./pages"
import {keyOfSnapshot, snapshotColumns} from "./snapshot_columns"

const AGES = [
    ["", "any age"], ["after:24h", "of the last 24 h"], ["after:7d", "of the last 7 d"], ["after:30d", "of the last 30 d"],
    ["before:7d", "older than 7 d"], ["before:30d", "older than 30 d"], ["before:90d", "older than 90 d"],
] as const

const EITHER = [["", "or not"], ["true", "yes"], ["false", "no"]] as const
const TIMES = [
    ["createdAfter", "Made from"], ["createdBefore", "Made before"], ["finishedAfter", "Finished from"], ["finishedBefore", "Finished before"],
] as const

export function filtersOf(query: URLSearchParams, labels: string | undefined): SummaryQuery {
    const one = (name: string) => query.get(name) ?? undefined
    const [side, age] = (query.get("age") ?? "").split(":")
    const asked: Record<string, unknown> = {
        labelSelector: labels, name: one("name"), phase: several(query, "phase"), cluster: several(query, "cluster"),
        namespace: several(query, "namespace"), vmName: several(query, "vmName"), consistency: several(query, "consistency"),
        stuck: one("stuck"), good: one("good"), ready: one("ready"), cause: one("cause"), causeClass: one("causeClass"),
        createdAfter: side === "after" ? age : one("createdAfter"), createdBefore: side === "before" ? age : one("createdBefore"),
        finishedAfter: one("finishedAfter"), finishedBefore: one("finishedBefore"),
    }
    return asked as SummaryQuery
}

export function Snapshots({place: {query}, scope}: PageProps) {
    const filters = filtersOf(query, scope.labels)
    const asked: SnapshotQuery = {...filters, sort: (query.get("sort") ?? "-created") as NonNullable<SnapshotQuery["sort"]>}
    const question = JSON.stringify([asked, scope.project])
    const pages = usePages(question, keyOfSnapshot, async (token, limit, signal) => {
        const answer = await snapshotRows({...asked, limit, ...(token === undefined ? {} : {continue: token})}, {project: scope.project, signal})
        return {freshness: answer.freshness, data: {rows: answer.data.items, next: answer.data.metadata.continue}}
    })
    // The chips count what the other filters select.
    const others = {...filters, phase: []}
    const counted = useData(JSON.stringify([others, scope.project]), (signal) => summary(others as SummaryQuery, {project: scope.project, signal}))
    const known = useData(`clusters ${scope.project ?? ""}`, (signal) => clusters({project: scope.project, signal}))
    useRefreshOnChange([pages, counted])
    const now = useNow(10)
    const all = snapshotColumns(now)
    const columns = chosenColumns(all, query)
    const chosen = several(query, "phase")
    const byState = counted.data?.byState
    const total = byState && STATES.filter((state) => chosen.length === 0 || chosen.includes(state)).reduce((sum, state) => sum + byState[state], 0)

    return (
        <div class="list-page">
            <h1 class="hidden">Snapshots</h1>
            <div class="filters">
                <Search query={query} name="name" label="Part of a snapshot's name"/>
                <Chips
                    query={query} name="phase" label="States"
                    chips={STATES.map((state) => ({
                        value: state, tone: STATE_LOOKS[state].tone, count: byState?.[state],
                        label: <><Icon mark={STATE_LOOKS[state].mark}/>{STATE_LOOKS[state].word}</>,
                    }))}
                />
                <Toggle query={query} name="stuck" value="true" tone="bad"><Icon mark="stuck"/>Stuck</Toggle>
                <MoreFilters>
                    <Field query={query} name="cluster" label="Cluster" hint="all" list="clusters"/>
                    <Field query={query} name="namespace" label="Namespace" hint="all"/>
                    <Field query={query} name="vmName" label="VM" hint="all"/>
                    <Field query={query} name="cause" label="Cause has" hint="deadline"/>
                    <Choice query={query} name="age" label="Created" options={AGES}/>
                    <Choice
                        query={query} name="consistency" label="Consistency"
                        options={[["", "any"], ["application", "application"], ["offline", "offline"], ["crash", "crash"], ["unknown", "unknown"], ["crash,unknown", "crash or unknown"]]}
                    />
                    <RareFilters>
                        <Choice query={query} name="good" label="Good" options={EITHER}/>
                        <Choice query={query} name="ready" label="Ready to use" options={EITHER}/>
                        {TIMES.map(([name, label]) => <Field key={name} query={query} name={name} label={label} hint="7d or 2026-11-04T14:19:06Z" wide/>)}
                        <Field query={query} name="causeClass" label="Class of the cause" hint="as Failures names it" wide/>
                    </RareFilters>
                </MoreFilters>
                <SetBy
                    query={query} names={{
                        causeClass: "cause", finishedAfter: "finished from", finishedBefore: "finished before",
                        createdAfter: "created from", createdBefore: "created before", good: "good", ready: "ready",
                    }}
                />
                <div class="tools">
                    <ColumnChooser columns={all} query={query}/>
                    <CsvButton path={`${FLEET}/snapshot`} request={{query: asked as Query, project: scope.project}} columns={columns} name="snapshots"/>
                </div>
                <datalist id="clusters">{(known.data?.items ?? []).map((cluster) => <option key={cluster.uid} value={cluster.name}/>)}</datalist>
            </div>
            <LongTable
                label="Snapshots" columns={columns} pages={pages} keyOf={keyOfSnapshot} total={total} sort={asked.sort}
                onSort={(sort) => choose({sort})}
                empty={<EmptyList query={query} what="snapshot"/>}
            />
        </div>
    )
}
