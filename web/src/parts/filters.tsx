// What a list is narrowed down by. All of it stands in the address.
import type {ComponentChildren} from "preact"
import {useEffect, useRef, useState} from "preact/hooks"

import {count} from "../lib/format"
import {choose, several} from "../state/location"
import {Icon} from "./icons"
import type {Tone} from "./states"

// The search of a list: "/" goes to it, from anywhere.
export function Search({query, name, label}: {query: URLSearchParams; name: string; label: string}) {
    const field = useRef<HTMLInputElement>(null)
    const value = query.get(name) ?? ""
    const [text, setText] = useState(value)
    const timer = useRef<ReturnType<typeof setTimeout>>()
    // What the address has because of this field; it may change otherwise, too: by a link, or by going back.
    const own = useRef(value)
    useEffect(() => {
        if (value !== own.current) setText(value)
        own.current = value
    }, [value])
    // What was typed belongs to this page, not to the one that the reader has gone to.
    useEffect(() => () => clearTimeout(timer.current), [])
    useEffect(() => {
        const pressed = (event: KeyboardEvent) => {
            const at = event.target
            const typing = at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement
            if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return
            event.preventDefault()
            field.current?.select()
        }
        document.addEventListener("keydown", pressed)
        return () => document.removeEventListener("keydown", pressed)
    }, [])
    return (
        <div class="search">
            <Icon mark="search"/>
            <input
                ref={field} type="search" value={text} aria-label={label} placeholder={`${label}  ( / )`} spellcheck={false} aria-keyshortcuts="/"
                onInput={(event) => {
                    const typed = event.currentTarget.value
                    setText(typed)
                    clearTimeout(timer.current)
                    timer.current = setTimeout(() => {
                        own.current = typed.trim()
                        choose({[name]: typed.trim()}, "replace")
                    }, 80)
                }}
            />
        </div>
    )
}

export interface Chip<Value extends string> {
    value: Value
    label: ComponentChildren
    tone: Tone
    count?: number | undefined
}

// Several of a few values; none chosen means all.
export function Chips<Value extends string>({query, name, label, chips}: {
    query: URLSearchParams
    name: string
    label: string
    chips: readonly Chip<Value>[]
}) {
    const chosen = several(query, name)
    return (
        <div class="chips" role="group" aria-label={label}>
            {chips.map(({value, label: words, tone, count: number}) => {
                const on = chosen.includes(value)
                return (
                    <button
                        key={value} type="button" class={`chip tone-${tone}`} aria-pressed={on}
                        onClick={() => choose({[name]: on ? chosen.filter((one) => one !== value) : [...chosen, value]})}
                    >
                        {words}{number !== undefined && <span class="number">{count(number)}</span>}
                    </button>
                )
            })}
        </div>
    )
}

export function Field({query, name, label, hint, list, wide}: {
    query: URLSearchParams
    name: string
    label: string
    hint?: string
    list?: string
    wide?: boolean
}) {
    const value = query.get(name) ?? ""
    return (
        <label class={wide ? "wide" : undefined}>
            {label}
            <input
                key={value} defaultValue={value} placeholder={hint} list={list} spellcheck={false} autocomplete="off"
                onChange={(event) => choose({[name]: event.currentTarget.value.trim()})}
            />
        </label>
    )
}

export function Choice({query, name, label, options}: {
    query: URLSearchParams
    name: string
    label: string
    // Values and words; the value "" is the usual one.
    options: readonly (readonly [string, string])[]
}) {
    const value = query.get(name) ?? ""
    return (
        <label>
            {label}
            <select value={value} onChange={(event) => choose({[name]: event.currentTarget.value})}>
                {options.map(([one, words]) => <option key={one} value={one}>{words}</option>)}
                {!options.some(([one]) => one === value) && <option value={value}>{value}</option>}
            </select>
        </label>
    )
}

// Filters that a link has set and that have no control of their own: each can be taken away.
export function SetBy({query, names}: {query: URLSearchParams; names: Readonly<Record<string, string>>}) {
    const set = Object.entries(names).filter(([name]) => query.get(name))
    if (set.length === 0) return null
    return (
        <>
            {set.map(([name, words]) => (
                <button key={name} type="button" class="set-by" title="Take this filter away" onClick={() => choose({[name]: undefined})}>
                    <span class="quiet">{words}</span><span class="cut">{query.get(name)}</span><Icon mark="close"/>
                </button>
            ))}
        </>
    )
}

export function Toggle({query, name, value, tone, children}: {
    query: URLSearchParams
    name: string
    value: string
    tone: Tone
    children: ComponentChildren
}) {
    const on = query.get(name) === value
    return (
        <button type="button" class={`chip tone-${tone}`} aria-pressed={on} onClick={() => choose({[name]: on ? undefined : value})}>
            {children}
        </button>
    )
}
