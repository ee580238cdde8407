export default {
  extends: ["stylelint-config-standard"],
  rules: {
    // One line a rule, in groups.
    "at-rule-empty-line-before": null,
    "custom-property-empty-line-before": null,
    "rule-empty-line-before": null,
    // The page's parts stand in its order.
    "no-descending-specificity": null,
  },
};
