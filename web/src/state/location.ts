// Where the reader is: the part of the address behind '#'. It never leaves the browser. All choices stand in it, so
// that a link asks the same question again.
import {useEffect, useState} from "preact/hooks"

export interface Place {
    // Decoded, without the empty ones: #/vm/demo/web/web-01 is ["vm", "demo", "web", "web-01"].
    path: readonly string[]
    query: URLSearchParams
}

export type Choices = Record<string, string | readonly string[] | undefined>

function decode(text: string): string {
    try {
        return decodeURIComponent(text)
    } catch {
        return text
    }
}

export function parsePlace(hash: string): Place {
    const text = hash.replace(/^#/, "")
    const mark = text.indexOf("?")
    const path = mark < 0 ? text : text.slice(0, mark)
    return {
        path: path.split("/").filter((segment) => segment !== "").map(decode),
        query: new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1)),
    }
}

// The choices that hold on every page.
const GLOBAL = ["within", "project", "labels"]

// The link to another page: with the choices that hold on every page, and these.
export function linkTo(path: readonly string[], choices: Choices = {}, from = parsePlace(location.hash)): string {
    const query = new URLSearchParams()
    for (const name of GLOBAL) {
        const value = from.query.get(name)
        if (value) query.set(name, value)
    }
    return link(path, query, choices)
}

function link(path: readonly string[], query: URLSearchParams, choices: Choices): string {
    for (const [name, value] of Object.entries(choices)) {
        const text = typeof value === "string" ? value : (value ?? []).join(",")
        if (text === "") query.delete(name)
        else query.set(name, text)
    }
    const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")
    return `#/${path.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`
}

// Changes choices of this page. Typing replaces the entry of the history; a click makes a new one.
export function choose(choices: Choices, how: "push" | "replace" = "push") {
    const place = parsePlace(location.hash)
    const to = link(place.path, place.query, choices)
    if (to === location.hash) return
    if (how === "replace") history.replaceState(null, "", to)
    else history.pushState(null, "", to)
    window.dispatchEvent(new HashChangeEvent("hashchange"))
}

export function usePlace(): Place {
    const [place, setPlace] = useState(() => parsePlace(location.hash))
    useEffect(() => {
        const changed = () => setPlace(parsePlace(location.hash))
        window.addEventListener("hashchange", changed)
        window.addEventListener("popstate", changed)
        return () => {
            window.removeEventListener("hashchange", changed)
            window.removeEventListener("popstate", changed)
        }
    }, [])
    return place
}

// What an entry of the history remembers of how the reader left it: where the page was scrolled to. It is not part of the
// question, so it does not stand in the address.
export function remembered(name: string): number | undefined {
    const value = (history.state as Record<string, unknown> | null)?.[name]
    return typeof value === "number" ? value : undefined
}
export function remember(what: Record<string, number>) {
    history.replaceState({...(history.state as object | null), ...what}, "")
}

// The values of a choice that takes several.
export function several(query: URLSearchParams, name: string): string[] {
    return (query.get(name) ?? "").split(",").filter((value) => value !== "")
}
