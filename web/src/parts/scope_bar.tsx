// The choices that hold on every page.
import {useState} from "preact/hooks"

import {projects} from "../api/operations"
import type {Session} from "../api/types"
import {parseDuration} from "../lib/format"
import {MoreFilters} from "./more_filters"
import {useData} from "../state/data"
import {choose} from "../state/location"
import {USUAL_WITHIN, WITHINS, type Scope} from "../state/scope"

function Within({scope}: {scope: Scope}) {
    const [own, setOwn] = useState<string>()
    const [wrong, setWrong] = useState(false)
    const take = (value: string) => choose({within: value === USUAL_WITHIN ? undefined : value})
    if (own !== undefined) {
        const done = () => {
            const value = own.trim()
            if (value !== "" && parseDuration(value) === undefined) {
                setWrong(true)
                return
            }
            if (value !== "") take(value)
            setOwn(undefined)
        }
        return (
            <label>
                Good within
                <input
                    class="short" value={own} autoFocus aria-invalid={wrong} title="A duration such as 90m, 36h or 14d"
                    placeholder="36h" onInput={(event) => {
                        setWrong(false)
                        setOwn(event.currentTarget.value)
                    }}
                    onKeyDown={(event) => {
                        if (event.key === "Enter") done()
                        if (event.key === "Escape") setOwn(undefined)
                    }}
                    onBlur={done}
                />
                {wrong && <span class="field-error" role="alert">such as 36h or 14d</span>}
            </label>
        )
    }
    const offered = WITHINS.includes(scope.within) ? WITHINS : [...WITHINS, scope.within]
    return (
        <label>
            Good within
            <select
                value={scope.within}
                onChange={(event) => {
                    const {value} = event.currentTarget
                    if (value === "own") setOwn("")
                    else take(value)
                }}
            >
                {offered.map((value) => <option key={value} value={value}>{value}</option>)}
                <option value="own">other…</option>
            </select>
        </label>
    )
}

function Project({scope, session}: {scope: Scope; session: Session}) {
    const several = session.projects?.some(({uid}) => uid === "") === false ? session.projects : undefined
    const known = useData(`projects ${session.projectUid ?? ""}`, (signal) => projects({signal}))
    if (several !== undefined) {
        return (
            <label>
                Project
                <select value={scope.project} onChange={(event) => choose({project: event.currentTarget.value})}>
                    {several.map(({uid, name}) => <option key={uid} value={uid}>{name}</option>)}
                </select>
            </label>
        )
    }
    const items = known.data?.items ?? []
    if (session.projectUid && session.projects === undefined) {
        const own = items.find((project) => project.uid === session.projectUid)
        return <span class="fixed">Project <strong>{own?.name ?? session.projectUid}</strong></span>
    }
    return (
        <label>
            Project
            <select value={scope.project ?? ""} onChange={(event) => choose({project: event.currentTarget.value})}>
                <option value="">all</option>
                {items.map((project) => <option key={project.uid} value={project.uid}>{project.name}</option>)}
                {scope.project !== undefined && !items.some((project) => project.uid === scope.project) &&
                    <option value={scope.project}>{scope.project}</option>}
            </select>
        </label>
    )
}

function Labels({scope}: {scope: Scope}) {
    return (
        <label>
            Labels
            <input
                key={scope.labels} defaultValue={scope.labels ?? ""} placeholder="app=web,tier!=test" spellcheck={false}
                onChange={(event) => choose({labels: event.currentTarget.value.trim()})}
            />
        </label>
    )
}

export function ScopeBar({scope, session, within}: {scope: Scope; session: Session; within: boolean}) {
    return (
        <section class="scope" aria-label="What is looked at">
            {within && <Within scope={scope}/>}
            <MoreFilters label="Project and labels">
                <Project scope={scope} session={session}/>
                <Labels scope={scope}/>
            </MoreFilters>
        </section>
    )
}
