import js from "@eslint/js"
import tseslint from "typescript-eslint"

export default tseslint.config(
    {ignores: ["node_modules", "src/api/schema.d.ts", "*.mjs", "*.js", "*.config.ts", "*/tsconfig.json"]},
    js.configs.recommended,
    ...tseslint.configs.strictTypeChecked,
    {
        languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
        rules: {
            "@typescript-eslint/restrict-template-expressions": ["error", {allowNumber: true}],
            "@typescript-eslint/no-confusing-void-expression": ["error", {ignoreArrowShorthand: true}],
            // An inline attribute would be refused by the Content-Security-Policy, and markup by Trusted Types.
            "no-restricted-syntax": [
                "error",
                {selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "what is shown is text"},
                {selector: "MemberExpression[property.name='innerHTML']", message: "what is shown is text"},
            ],
        },
    },
)
