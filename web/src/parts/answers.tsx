// What stands where data is not: under way, refused, or empty.
import type {ComponentChildren} from "preact"

import {ApiError} from "../api/client"
import type {Data} from "../state/data"
import {linkTo} from "../state/location"

export function errorTitle(error: Error): string {
    if (!(error instanceof ApiError)) return "The server cannot be reached"
    if (error.status === 403) return "This key may not see this"
    if (error.status === 404) return "There is no such thing, or this key may not see it"
    if (error.status === 400) return "The server does not understand this question"
    if (error.status === 429) return "This key asks too often"
    return "The server could not answer"
}

export function ErrorBox({error, retry}: {error: Error; retry?: () => void}) {
    const known = error instanceof ApiError
    return (
        <div class="notice tone-bad" role="alert">
            <strong>{errorTitle(error)}</strong>
            <span>{known ? error.message : "It may be restarting, or the network is away. What is shown may be old."}</span>
            {known && error.ref !== "" && <span class="quiet">Request {error.ref}</span>}
            {retry && <button type="button" onClick={retry}>Try again</button>}
        </div>
    )
}

export function Empty({title, wholePage = false, children}: {title: string; wholePage?: boolean; children?: ComponentChildren}) {
    return <div class="empty">{wholePage ? <h1>{title}</h1> : <strong>{title}</strong>}{children !== undefined && <span>{children}</span>}</div>
}

// Lines of the usual height, so that nothing jumps when the data is there.
export function Waiting({lines = 4}: {lines?: number}) {
    return (
        <div class="waiting" role="status" aria-label="Loading">
            {Array.from({length: lines}, (_, line) => <span key={line}/>)}
        </div>
    )
}

// `children` of the data, or what is in its place. Data of the question before is dimmed until the answer is there.
export function Shown<T>({of, lines, children}: {of: Data<T>; lines?: number; children: (data: T) => ComponentChildren}) {
    return (
        <>
            {/* That the server is away is told once, by the banner; what is shown is of then. */}
            {of.error && !(of.data !== undefined && !(of.error instanceof ApiError)) && <ErrorBox error={of.error} retry={of.refresh}/>}
            {of.data !== undefined ? <div class={`answer${of.loading ? " old" : ""}`} aria-busy={of.loading}>{children(of.data)}</div> : !of.error && <Waiting {...(lines === undefined ? {} : {lines})}/>}
        </>
    )
}

// What does not narrow a list down.
const NO_FILTERS = ["within", "project", "sort", "columns"]

// In place of the rows of a list that has none: because of its filters, or because there is nothing yet.
export function EmptyList({query, what}: {query: URLSearchParams; what: string}) {
    if ([...query.keys()].some((name) => !NO_FILTERS.includes(name)))
        return <Empty title={`No ${what} is like that`}>Take a filter away.</Empty>
    return <Empty title={`No ${what}s yet`}>They come with the clusters. <a href={linkTo(["clusters"])}>To the clusters</a></Empty>
}
