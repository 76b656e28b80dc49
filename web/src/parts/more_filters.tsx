// Filters that a narrow screen shows only on demand.
import type {ComponentChildren} from "preact"
import {useEffect, useState} from "preact/hooks"

export function useNarrow(): boolean {
    const [narrow, setNarrow] = useState(() => matchMedia("(max-width: 640px)").matches)
    useEffect(() => {
        const media = matchMedia("(max-width: 640px)")
        const changed = () => setNarrow(media.matches)
        media.addEventListener("change", changed)
        return () => media.removeEventListener("change", changed)
    }, [])
    return narrow
}

// Filters that are seldom wanted, on every screen on demand.
export function RareFilters({children}: {children: ComponentChildren}) {
    return <details class="more-filters"><summary class="button">All filters</summary><div class="filters">{children}</div></details>
}

export function MoreFilters({children, label = "More filters"}: {children: ComponentChildren; label?: string}) {
    const narrow = useNarrow()
    if (!narrow) return <>{children}</>
    return <details class="more-filters"><summary class="button">{label}</summary><div class="filters">{children}</div></details>
}
