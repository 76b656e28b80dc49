import type {RefObject} from "preact"
import {useLayoutEffect, useRef, useState} from "preact/hooks"

// How wide an element is, in pixels: what is drawn at that width keeps the size of its text and marks on every screen.
export function useWidth<Of extends Element>(usual: number): [RefObject<Of>, number] {
    const element = useRef<Of>(null)
    const [width, setWidth] = useState(usual)
    useLayoutEffect(() => {
        const measured = element.current
        if (!measured) return
        const look = () => setWidth(Math.max(1, Math.round(measured.clientWidth)))
        look()
        const observer = new ResizeObserver(look)
        observer.observe(measured)
        return () => observer.disconnect()
    }, [])
    return [element, width]
}
