import {useEffect, useState} from "preact/hooks"

import {Icon} from "./icons"

type Theme = "auto" | "light" | "dark"
const NEXT: Record<Theme, Theme> = {auto: "light", light: "dark", dark: "auto"}
const WORDS: Record<Theme, string> = {auto: "as the system", light: "light", dark: "dark"}
const MARKS = {auto: "auto", light: "sun", dark: "moon"} as const

function stored(): Theme {
    const text = localStorage.getItem("snapgate.theme")
    return text === "light" || text === "dark" ? text : "auto"
}

const systemIsDark = matchMedia("(prefers-color-scheme: dark)")

function show(theme: Theme): void {
    const system = systemIsDark.matches ? "dark" : "light"
    document.documentElement.dataset["theme"] = theme === "auto" ? system : theme
}

// Shows the page in the chosen colours, and in the system's as they change; before the first draw.
export function followTheme(): void {
    show(stored())
    systemIsDark.addEventListener("change", () => show(stored()))
}

export function ThemeButton() {
    const [theme, setTheme] = useState(stored)
    useEffect(() => {
        show(theme)
        localStorage.setItem("snapgate.theme", theme)
    }, [theme])
    const words = `Colours: ${WORDS[theme]}`
    return (
        <button type="button" class="bare" title={words} aria-label={words} onClick={() => setTheme(NEXT[theme])}>
            <Icon mark={MARKS[theme]}/>
        </button>
    )
}
