// build.mjs takes such a file as the text that it is.
declare module "*.yaml" {
    const text: string
    export default text
}
