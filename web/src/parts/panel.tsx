import type {ComponentChildren} from "preact"

// A part of a page under a heading, with a link to all of what it shows a part of.
export function Panel({title, note, href, more, children, area}: {
    title: string
    note?: ComponentChildren
    href?: string
    more?: string
    area?: string
    children: ComponentChildren
}) {
    return (
        <section class={`panel${area === undefined ? "" : ` area-${area}`}`} aria-label={title}>
            <header>
                <h2>{title}</h2>
                {note !== undefined && <span class="quiet">{note}</span>}
                {href !== undefined && <a class="more" href={href}>{more ?? "All"}</a>}
            </header>
            {children}
        </section>
    )
}
