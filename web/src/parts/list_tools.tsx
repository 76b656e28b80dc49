// Beside a list: which columns are shown, and the list as CSV.
import {useEffect, useRef, useState} from "preact/hooks"

import {send, type Request} from "../api/client"
import {choose, several} from "../state/location"
import {errorTitle} from "./answers"
import {Icon} from "./icons"
import type {Column} from "./table"

export function chosenColumns<Row>(columns: readonly Column<Row>[], query: URLSearchParams): Column<Row>[] {
    const names = several(query, "columns")
    const chosen = columns.filter((column) => names.includes(column.name))
    return chosen.length > 0 ? chosen : columns.filter((column) => column.usual)
}

export function ColumnChooser<Row>({columns, query}: {columns: readonly Column<Row>[]; query: URLSearchParams}) {
    const box = useRef<HTMLDetailsElement>(null)
    const chosen = chosenColumns(columns, query).map((column) => column.name)
    useEffect(() => {
        const away = (event: Event) => {
            const element = box.current
            if (!element?.open) return
            if (event instanceof KeyboardEvent ? event.key === "Escape" : !element.contains(event.target as Node)) element.open = false
        }
        document.addEventListener("pointerdown", away)
        document.addEventListener("keydown", away)
        return () => {
            document.removeEventListener("pointerdown", away)
            document.removeEventListener("keydown", away)
        }
    }, [])
    const usual = columns.filter((column) => column.usual).map((column) => column.name)
    return (
        <details class="menu" ref={box}>
            <summary class="button"><Icon mark="columns"/>Columns</summary>
            <div class="sheet">
                {columns.map((column) => (
                    <label key={column.name}>
                        <input
                            type="checkbox" checked={chosen.includes(column.name)}
                            onChange={(event) => {
                                const now = columns.map((one) => one.name)
                                    .filter((name) => name === column.name ? event.currentTarget.checked : chosen.includes(name))
                                if (now.length === 0) event.currentTarget.checked = true
                                else choose({columns: now.join() === usual.join() ? undefined : now}, "replace")
                            }}
                        />
                        {column.title}
                    </label>
                ))}
            </div>
        </details>
    )
}

// Every row that the filters select, in the order that is shown, with the columns that are shown.
export function CsvButton<Row>({path, request, columns, name}: {
    path: string
    request: Request
    columns: readonly Column<Row>[]
    name: string
}) {
    const [standing, setStanding] = useState<"" | "busy" | "failed">("")
    const [why, setWhy] = useState("")
    const load = async () => {
        setStanding("busy")
        try {
            const answer = await send("GET", path, {
                ...request, query: {...request.query, columns: columns.flatMap((column) => column.csv)}, accept: "text/csv",
            })
            const url = URL.createObjectURL(await answer.blob())
            const link = document.createElement("a")
            link.href = url
            link.download = `${name}-${new Date().toISOString().slice(0, 16).replace(":", "")}.csv`
            link.click()
            setTimeout(() => URL.revokeObjectURL(url), 60_000)
            setStanding("")
        } catch (error) {
            setWhy(errorTitle(error as Error))
            setStanding("failed")
        }
    }
    return (
        <>
            <button type="button" aria-disabled={standing === "busy"} onClick={() => standing !== "busy" && void load()}>
                <Icon mark="download"/>{standing === "busy" ? "Loading…" : "CSV"}
            </button>
            {standing === "failed" && <span class="field-error" role="alert">{why}</span>}
        </>
    )
}
