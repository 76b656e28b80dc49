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

export function ThemeButton() {
    const [theme, setTheme] = useState(stored)
    useEffect(() => {
        if (theme === "auto") delete document.documentElement.dataset["theme"]
        else document.documentElement.dataset["theme"] = theme
        localStorage.setItem("snapgate.theme", theme)
    }, [theme])
    const words = `Colours: ${WORDS[theme]}`
    return (
        <button type="button" class="bare" title={words} aria-label={words} onClick={() => setTheme(NEXT[theme])}>
            <Icon mark={MARKS[theme]}/>
        </button>
    )
}
