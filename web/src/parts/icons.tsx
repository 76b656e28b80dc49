// Small marks. Each state has a shape of its own, so that colour alone never tells one from another.
import type {ComponentChildren} from "preact"

export type Mark =
    | "good" | "late" | "bad" | "never" | "unknown" | "running" | "pending" | "deleting" | "stuck"
    | "search" | "close" | "sun" | "moon" | "auto" | "copy" | "more" | "download" | "plus" | "columns"

const SHAPES: Record<Mark, ComponentChildren> = {
    good: <><circle cx="8" cy="8" r="6.2" class="fill"/><path d="M5.2 8.2l2 2 3.6-4" class="on"/></>,
    late: <><circle cx="8" cy="8" r="5.6" class="line"/><path d="M8 4.8V8l2.2 1.6" class="line"/></>,
    bad: <><path d="M8 1.8l6.6 11.6H1.4z" class="fill"/><path d="M8 6v3.4M8 11.2v.3" class="on"/></>,
    never: <><circle cx="8" cy="8" r="5.6" class="line"/><path d="M4.2 11.8l7.6-7.6" class="line"/></>,
    unknown: <><circle cx="8" cy="8" r="5.6" class="line dashed"/><path d="M6.4 6.6a1.7 1.7 0 1 1 2.3 1.7c-.5.2-.7.5-.7 1M8 11v.2" class="line"/></>,
    running: <><circle cx="8" cy="8" r="5.6" class="line"/><path d="M8 2.4a5.6 5.6 0 0 1 0 11.2z" class="fill"/></>,
    pending: <circle cx="8" cy="8" r="5.6" class="line dashed"/>,
    deleting: <path d="M3.4 4.6h9.2M6.4 4.4V3h3.2v1.4M4.4 4.8l.6 8.4h6l.6-8.4" class="line"/>,
    stuck: <><path d="M5 1.8h6L14.2 5v6L11 14.2H5L1.8 11V5z" class="fill"/><path d="M8 4.8v3.8M8 10.8v.3" class="on"/></>,
    search: <><circle cx="7" cy="7" r="4.4" class="line"/><path d="M10.4 10.4L14 14" class="line"/></>,
    close: <path d="M4 4l8 8M12 4l-8 8" class="line"/>,
    sun: <><circle cx="8" cy="8" r="3" class="line"/><path d="M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.4 1.4M11.6 11.6L13 13M3 13l1.4-1.4M11.6 4.4L13 3" class="line"/></>,
    moon: <path d="M12.8 9.8A5.6 5.6 0 0 1 6.2 3.2a5.6 5.6 0 1 0 6.6 6.6z" class="line"/>,
    auto: <><circle cx="8" cy="8" r="5.6" class="line"/><path d="M8 2.4a5.6 5.6 0 0 0 0 11.2z" class="fill"/></>,
    copy: <><path d="M5.5 5.5h7v8h-7z" class="line"/><path d="M3.5 10.5v-8h7" class="line"/></>,
    more: <path d="M3.5 8h.2M8 8h.2M12.5 8h.2" class="line thick"/>,
    download: <path d="M8 2.5v7M5 7l3 3 3-3M3 13.2h10" class="line"/>,
    plus: <path d="M8 3v10M3 8h10" class="line"/>,
    columns: <path d="M2.5 3.5h11v9h-11zM6.2 3.5v9M9.8 3.5v9" class="line"/>,
}

export function Icon({mark}: {mark: Mark}) {
    return <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{SHAPES[mark]}</svg>
}
