import js from "@eslint/js";
import globals from "globals";

// The report's script is one file, which its page contains.
export default [js.configs.recommended, { languageOptions: { sourceType: "script", globals: globals.browser } }];
