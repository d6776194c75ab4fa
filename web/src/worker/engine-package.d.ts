/** The package of `crates/pellucid-web`, which `scripts/page` puts into `web/engine/`. */
import type { EngineExports } from "./contract";

declare const init: EngineExports["default"];
export default init;
export declare const about: EngineExports["about"];
export declare const descriptors: EngineExports["descriptors"];
export declare const data_sets: EngineExports["data_sets"];
export declare const make_data: EngineExports["make_data"];
export declare const read_table: EngineExports["read_table"];
export declare const parse_recipe: EngineExports["parse_recipe"];
export declare const print_recipe: EngineExports["print_recipe"];
export declare const built_in_recipes: EngineExports["built_in_recipes"];
export declare const read_model: EngineExports["read_model"];
export declare const new_run: EngineExports["new_run"];
export declare const new_comparison: EngineExports["new_comparison"];
export declare const recipe_data: EngineExports["recipe_data"];
