import {describe, expect, test} from "vitest"

import {linkTo, parsePlace, several} from "./location"

describe("the address", () => {
    test("has a path and choices", () => {
        const place = parsePlace("#/vm/demo/a%2Fb/web-01?verdict=Late,Never&name=%3Cb%3E")
        expect(place.path).toEqual(["vm", "demo", "a/b", "web-01"])
        expect(several(place.query, "verdict")).toEqual(["Late", "Never"])
        expect(place.query.get("name")).toBe("<b>")
        expect(parsePlace("").path).toEqual([])
        expect(parsePlace("#/%zz").path).toEqual(["%zz"])
    })
    test("a link keeps the choices that hold everywhere, and no others", () => {
        const from = parsePlace("#/vms?within=7d&verdict=Late&project=p")
        expect(linkTo(["snapshots"], {phase: ["Failed", "Pending"], name: undefined}, from)).toBe("#/snapshots?within=7d&project=p&phase=Failed,Pending")
        expect(linkTo([], {}, from)).toBe("#/?within=7d&project=p")
    })
    test("a link reads back as what it was made of", () => {
        const odd = ["vm", "c?#/%", "ä ö", "<script>"]
        const link = linkTo(odd, {causeClass: "a, b: * & c=d"}, parsePlace(""))
        const place = parsePlace(link)
        expect(place.path).toEqual(odd)
        expect(place.query.get("causeClass")).toBe("a, b: * & c=d")
    })
})
