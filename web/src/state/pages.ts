// A list that comes from the server page by page, all pages of one state, as the reader scrolls.
import {useCallback, useEffect, useRef, useState} from "preact/hooks"

import {ApiError, type Answer, type Freshness} from "../api/client"
import {mergeRows} from "../lib/merge"
import {remembered} from "./location"

export interface PageOf<Row> {
    rows: Row[]
    next: string | undefined
}

export interface Pages<Row> {
    // Of which question the rows are.
    question: string
    rows: readonly Row[]
    // No page of this question is there yet; `rows` may be of the question before.
    loading: boolean
    // Whether more can be had, by more().
    open: boolean
    error: Error | undefined
    freshness: Freshness | undefined
    took: number
    busy: () => boolean
    // By the last update: the keys of rows that have changed, of those that are gone, and how many are new.
    changed: ReadonlySet<string>
    gone: ReadonlySet<string>
    fresh: number
    more: () => void
    // From the first page on, as much as is shown now.
    reload: () => void
    // Brings the rows that are shown up to date without moving them.
    refresh: () => void
    // Whether the reader is at the list; rows may move only while nobody is.
    held: {current: boolean}
}

interface State<Row> {
    question: string
    rows: readonly Row[]
    next: string | undefined
    error: Error | undefined
    freshness: Freshness | undefined
    changed: ReadonlySet<string>
    gone: ReadonlySet<string>
    fresh: number
    took: number
}

export type FetchPage<Row> = (token: string | undefined, limit: number, signal: AbortSignal) => Promise<Answer<PageOf<Row>>>

const FIRST = 100
const MOST = 1000
const NONE: ReadonlySet<string> = new Set()
const NOTHING = {question: "", rows: [], next: undefined, error: undefined, freshness: undefined, changed: NONE, gone: NONE, fresh: 0, took: 0}

export function usePages<Row>(question: string, keyOf: (row: Row) => string, fetchPage: FetchPage<Row>): Pages<Row> {
    const [state, setState] = useState<State<Row>>(NOTHING)
    const latest = useRef({fetchPage, keyOf})
    latest.current = {fetchPage, keyOf}
    const running = useRef<AbortController>()
    const shown = useRef(state)
    shown.current = state
    const held = useRef(false)

    const load = useCallback((token: string | undefined, limit: number, inPlace: boolean) => {
        running.current?.abort()
        const controller = new AbortController()
        running.current = controller
        const begun = performance.now()
        latest.current.fetchPage(token, limit, controller.signal).then(
            ({data, freshness}) => {
                if (controller.signal.aborted) return
                running.current = undefined
                const took = performance.now() - begun
                setState((before) => {
                    const common = {question, error: undefined, freshness, took}
                    if (token !== undefined) {
                        const known = new Set(before.rows.map(latest.current.keyOf))
                        const rows = [...before.rows, ...data.rows.filter((row) => !known.has(latest.current.keyOf(row)))]
                        return {...before, ...common, rows, next: data.next, changed: NONE}
                    }
                    const merged = mergeRows(before.question === question ? before.rows : [], data.rows, data.next === undefined, latest.current.keyOf)
                    if (inPlace && held.current && before.question === question)
                        return {...before, ...common, rows: merged.rows, changed: merged.changed, gone: merged.gone, fresh: merged.fresh}
                    // What lies behind the first thousand is asked for again when the reader gets there.
                    return {...common, rows: data.rows, next: data.next, changed: inPlace ? merged.changedOrNew : NONE, gone: NONE, fresh: 0}
                })
            },
            (error: unknown) => {
                if (controller.signal.aborted) return
                running.current = undefined
                // The state of the listing is kept for some minutes alone: then the list begins anew.
                if (error instanceof ApiError && error.status === 410 && token !== undefined) {
                    load(undefined, Math.min(MOST, shown.current.rows.length), false)
                    return
                }
                const known = error instanceof Error ? error : new Error(String(error))
                // Rows of another question would stand there as if they were of this one.
                setState((before) => before.question === question ? {...before, error: known} : {...NOTHING, question, error: known})
            },
        )
    }, [question])

    useEffect(() => {
        // Who comes back finds as many rows as there were, so that the place is there.
        load(undefined, Math.min(MOST, Math.max(FIRST, remembered("rows") ?? 0)), false)
        return () => running.current?.abort()
    }, [load])

    const more = useCallback(() => {
        const {next, rows, question: of} = shown.current
        if (next === undefined || of !== question || running.current !== undefined) return
        // Who scrolls far gets larger pages.
        load(next, Math.min(MOST, Math.max(FIRST, rows.length)), false)
    }, [load, question])

    const busy = useCallback(() => running.current !== undefined, [])
    const again = useCallback((inPlace: boolean) => {
        load(undefined, Math.min(MOST, Math.max(FIRST, shown.current.rows.length)), inPlace)
    }, [load])

    return {
        ...state, loading: state.question !== question, open: state.next !== undefined, more, busy,
        reload: useCallback(() => again(false), [again]), refresh: useCallback(() => again(true), [again]), held,
    }
}
