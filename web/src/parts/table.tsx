// A long table: only the rows in sight are drawn, and further pages are asked for before the reader gets to their end.
import type {ComponentChildren} from "preact"
import {useLayoutEffect, useRef, useState} from "preact/hooks"

import {ApiError} from "../api/client"
import {count} from "../lib/format"
import {sliceInSight} from "../lib/window"
import {remember, remembered} from "../state/location"
import type {Pages} from "../state/pages"
import {ErrorBox, Waiting} from "./answers"

export interface Column<Row> {
    name: string
    // The columns of the API's flat rows that say the same.
    csv: readonly string[]
    title: string
    // Of the browser's grid: 90px, minmax(0, 2fr).
    width: string
    cell: (row: Row) => ComponentChildren
    right?: boolean
    // The whole text, where it may be cut off.
    full?: (row: Row) => string | undefined
    // What the server sorts by.
    sort?: string
    // First downwards: for figures and times.
    descending?: boolean
    // Shown unless the reader chooses columns.
    usual?: boolean
    // In a phone's row: on the first line left or right, on the second, or not at all.
    phone?: "lead" | "side" | "below"
}

const ROW = 32
const PHONE_ROW = 62
const PAGING = ["PageDown", "PageUp", "Home", "End"]

function SortHead<Row>({column, sort, onSort}: {column: Column<Row>; sort: string | undefined; onSort: (sort: string) => void}) {
    if (column.sort === undefined) return <>{column.title}</>
    const up = sort === column.sort
    const down = sort === `-${column.sort}`
    const first = column.descending ? `-${column.sort}` : column.sort
    const other = column.descending ? column.sort : `-${column.sort}`
    return (
        <button type="button" class="sort" onClick={() => onSort(sort === first ? other : first)}>
            {column.title}<span aria-hidden="true">{up ? " ↑" : down ? " ↓" : ""}</span>
        </button>
    )
}

export function LongTable<Row>({label, columns, pages, keyOf, sort, onSort, total, empty}: {
    label: string
    columns: readonly Column<Row>[]
    pages: Pages<Row>
    keyOf: (row: Row) => string
    sort: string | undefined
    onSort: (sort: string) => void
    total: number | undefined
    empty: ComponentChildren
}) {
    const scroller = useRef<HTMLDivElement>(null)
    const known = useRef(0)
    known.current = pages.rows.length
    const [view, setView] = useState({top: 0, height: 800, phone: false})
    useLayoutEffect(() => {
        const element = scroller.current
        if (!element) return
        const look = () => {
            const next = {top: element.scrollTop, height: element.clientHeight, phone: element.clientWidth < 620}
            setView((before) => before.top === next.top && before.height === next.height && before.phone === next.phone ? before : next)
        }
        look()
        element.addEventListener("scroll", look, {passive: true})
        const observer = new ResizeObserver(look)
        observer.observe(element)
        return () => {
            element.removeEventListener("scroll", look)
            observer.disconnect()
        }
    }, [])

    // Another question's rows begin at the top; who comes back finds the list as it was left.
    const {question} = pages
    useLayoutEffect(() => {
        const element = scroller.current
        if (!element || question === "") return
        element.scrollTop = remembered("top") ?? 0
        const {hash} = location
        let timer: ReturnType<typeof setTimeout> | undefined
        const note = () => {
            clearTimeout(timer)
            timer = setTimeout(() => {
                if (location.hash === hash) remember({top: element.scrollTop, rows: known.current})
            }, 100)
        }
        element.addEventListener("scroll", note, {passive: true})
        return () => {
            clearTimeout(timer)
            element.removeEventListener("scroll", note)
        }
    }, [question])

    // Rows stay where they are while somebody points at them, is among them, or has scrolled.
    const at = useRef({pointer: false, focus: false})
    const hold = (part: Partial<typeof at.current>) => {
        Object.assign(at.current, part)
        pages.held.current = at.current.pointer || at.current.focus || view.top > 0
    }
    useLayoutEffect(() => hold({}), [view.top])

    const rowHeight = view.phone ? PHONE_ROW : ROW
    const {rows, more, open, loading} = pages
    const {first, end} = sliceInSight(rows.length, rowHeight, view.top, view.height)
    useLayoutEffect(() => {
        if (open && !loading && end > rows.length - 60) more()
    }, [open, loading, end, rows.length, more])

    const template = columns.map((column) => column.width).join(" ")
    const seen = rows.slice(first, end)
    return (
        <div class="long">
            {pages.error && (rows.length === 0 || pages.error instanceof ApiError) && <ErrorBox error={pages.error} retry={pages.reload}/>}
            <div
                onPointerEnter={() => hold({pointer: true})} onPointerLeave={() => hold({pointer: false})}
                onKeyDown={(event) => {
                    // The row that has the focus scrolls out of sight and is gone, and with it the way of the scrolling.
                    if (PAGING.includes(event.key)) scroller.current?.focus({preventScroll: true})
                }}
                onFocusIn={() => hold({focus: true})} onFocusOut={() => hold({focus: false})}
                ref={scroller} class={`scroller${loading ? " old" : ""}${view.phone ? " phone" : ""}`} tabIndex={0} role="region" aria-label={label} aria-busy={loading}
            >
                <div role="table" aria-label={label} aria-rowcount={open ? (total === undefined ? -1 : total + 1) : rows.length + 1} class="grid-table">
                    <div role="rowgroup" class="head">
                        <div role="row" class="row" aria-rowindex={1} style={{gridTemplateColumns: template}}>
                            {columns.map((column) => (
                                <div
                                    key={column.name} role="columnheader" class={column.right ? "right" : undefined}
                                    aria-sort={sort === column.sort && sort !== undefined ? "ascending" : sort !== undefined && sort === `-${column.sort ?? ""}` ? "descending" : undefined}
                                >
                                    <SortHead column={column} sort={sort} onSort={onSort}/>
                                </div>
                            ))}
                        </div>
                    </div>
                    <div role="rowgroup" class="body" style={{height: rows.length * rowHeight}}>
                        <div class="seen" role="presentation" style={{transform: `translateY(${first * rowHeight}px)`}}>
                            {seen.map((row, index) => {
                                const key = keyOf(row)
                                return (
                                    <div
                                        key={key} role="row" aria-rowindex={first + index + 2} data-key={key}
                                        class={`row${pages.changed.has(key) ? " changed" : ""}${pages.gone.has(key) ? " away" : ""}`} style={view.phone ? undefined : {gridTemplateColumns: template}}
                                    >
                                        {columns.map((column) => (
                                            <div
                                                key={column.name} role="cell" title={column.full?.(row)} data-column={column.name}
                                                class={`cell${column.right ? " right" : ""}${view.phone ? ` on-phone ${column.phone ?? "off"}` : ""}`}
                                            >
                                                {column.cell(row)}
                                            </div>
                                        ))}
                                    </div>
                                )
                            })}
                        </div>
                    </div>
                </div>
                {rows.length === 0 && (loading ? <Waiting lines={8}/> : !pages.error && <>{empty}</>)}
            </div>
            <p class="shown quiet" role="status">
                {!loading && pages.fresh + pages.gone.size > 0 && (
                    <button type="button" class="fresh" onClick={pages.reload}>
                        {[pages.fresh > 0 ? `${count(pages.fresh)} new` : "", pages.gone.size > 0 ? `${count(pages.gone.size)} gone` : ""].filter((words) => words !== "").join(", ")}: show
                    </button>
                )}
                {loading ? "Asking…" : open
                    ? `${count(rows.length)} of ${total === undefined ? "more" : count(total)} loaded; scroll for the rest`
                    : rows.length === 0 ? "" : `all ${count(rows.length)} shown`}
            </p>
        </div>
    )
}
