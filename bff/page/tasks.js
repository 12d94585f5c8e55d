/** What can be told of a task by its status body alone. */

const OVER = new Set(["completed", "failed", "cancelled"]);

export const isOver = (task) => OVER.has(task.status);

/** Whether it only looks what would be. The result of a task from before there were options says it, too. */
export const isReview = (task) => Boolean(task.opciones.validar || task.result?.validacion);

/** Whether it updates products that exist. */
export const replaces = (task) => task.opciones.reemplazar_duplicados;
