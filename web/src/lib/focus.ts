// Where the focus goes when the element that has it is taken away: without care to the whole document, where keys do
// nothing, and from which Tab begins anew.

const FOCUSABLE = "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]"

// What within that element takes the focus for it: itself, the field of a label, the first control of a dialog.
function heirIn(element: Element): HTMLElement | undefined {
    if (element instanceof HTMLLabelElement) return element.control ?? undefined
    if (element instanceof HTMLDialogElement) return element.querySelector<HTMLElement>(FOCUSABLE) ?? undefined
    return element instanceof HTMLElement && element.matches(FOCUSABLE) ? element : undefined
}

// From now on the focus of an element that is taken away goes to the nearest of those around it that are still there;
// of a whole page, to its main part.
export function keepFocus(root: Element): void {
    let last: Element[] = []
    document.addEventListener("focusin", (event) => {
        last = []
        for (let at = event.target as Element | null; at !== null; at = at.parentElement) last.push(at)
    })
    new MutationObserver(() => {
        const [focused] = last
        if (document.activeElement !== document.body || focused === undefined || focused.isConnected) return
        const around = last.find((one) => one.isConnected && heirIn(one) !== undefined)
        last = []
        const heir = around ? heirIn(around) : document.getElementById("main")
        heir?.focus({preventScroll: true})
    }).observe(root, {childList: true, subtree: true})
}
