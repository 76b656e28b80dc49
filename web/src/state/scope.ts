// The choices that hold on every page: how old a good snapshot may be, and which part of the fleet is looked at.
import {parseDuration} from "../lib/format"
import type {Place} from "./location"

export interface Scope {
    within: string
    project: string | undefined
    labels: string | undefined
}

export const USUAL_WITHIN = "24h"
export const WITHINS = ["1h", "6h", "12h", "24h", "2d", "3d", "7d"]

export function scopeOf(place: Place): Scope {
    const within = place.query.get("within") ?? USUAL_WITHIN
    return {
        within: parseDuration(within) === undefined ? USUAL_WITHIN : within,
        project: place.query.get("project") ?? undefined,
        labels: place.query.get("labels") ?? undefined,
    }
}
